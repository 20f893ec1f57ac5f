-- Takes all prompts out that wait for a session, for the run that owns it.
-- KEYS: the session's waiting prompts, the set of sessions that prompts wait for, owner
-- ARGV: silo, run, session key
-- Answers 1, or 0 when the run has lost the session.
local owner = redis.call('HMGET', KEYS[3], 'silo', 'run', 'ended')
if owner[1] ~= ARGV[1] or owner[2] ~= ARGV[2] or owner[3] then
    return 0
end

redis.call('DEL', KEYS[1])
index('SREM', KEYS[2], ARGV[3])
return 1
