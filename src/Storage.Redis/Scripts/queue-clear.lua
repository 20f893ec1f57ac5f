-- Takes all prompts out that wait for a session, for the run that owns it.
-- KEYS: what is known of the session's waiting prompts, their texts, the user's sessions that prompts wait for, the users that have some, owner
-- ARGV: silo, run, session, user
-- Answers 1, or 0 when the run has lost the session.
local call = redis.call
local owner = call('HMGET', KEYS[5], 'silo', 'run', 'ended')
if owner[1] ~= ARGV[1] or owner[2] ~= ARGV[2] or owner[3] then
    return 0
end

call('DEL', KEYS[1])
call('DEL', KEYS[2])
try('ZREM', KEYS[3], ARGV[3])
if call('EXISTS', KEYS[3]) == 0 then
    try('ZREM', KEYS[4], ARGV[4])
end

return 1
