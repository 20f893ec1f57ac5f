-- Takes a prompt out of those that wait for a session. Of a session that none waits for, nothing is left.
-- KEYS: what is known of the session's waiting prompts, their texts, the user's sessions that prompts wait for, the users that have some
-- ARGV: what is known of the prompt, as it is in the list; its run, the session, the user
local call = redis.call
call('LREM', KEYS[1], 1, ARGV[1])
try('HDEL', KEYS[2], ARGV[2])
if call('EXISTS', KEYS[1]) == 0 then
    call('DEL', KEYS[2])
    try('ZREM', KEYS[3], ARGV[3])
    if call('EXISTS', KEYS[3]) == 0 then
        try('ZREM', KEYS[4], ARGV[4])
    end
end

return 1
