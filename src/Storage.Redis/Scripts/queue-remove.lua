-- Takes a prompt out of those that wait for a session. Of a session that none waits for, nothing is left.
-- KEYS: what is known of the session's waiting prompts, their texts, the user's sessions that prompts wait for, the users that have some, how many prompts wait
-- ARGV: what is known of the prompt, as it is in the list; its run, the session, the user
local call = redis.call
if call('LREM', KEYS[1], 1, ARGV[1]) > 0 then
    count_waiting(KEYS[5], ARGV[4], -1)
end

try('HDEL', KEYS[2], ARGV[2])
if call('EXISTS', KEYS[1]) == 0 then
    call('DEL', KEYS[2])
    leave_waiting(KEYS[3], KEYS[4], KEYS[5], ARGV[3], ARGV[4])
end

return 1
