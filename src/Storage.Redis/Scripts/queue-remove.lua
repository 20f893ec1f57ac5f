-- Takes a prompt out of those that wait for a session.
-- KEYS: the session's waiting prompts, the set of sessions that prompts wait for
-- ARGV: the prompt, session key
local call = redis.call
call('LREM', KEYS[1], 1, ARGV[1])
if call('EXISTS', KEYS[1]) == 0 then
    index('SREM', KEYS[2], ARGV[2])
end

return 1
