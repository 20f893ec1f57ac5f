-- Takes all prompts out that wait for a session, for the run that owns it.
-- KEYS: what is known of the session's waiting prompts, their texts, the user's sessions that prompts wait for, the users that have some, how many prompts wait, owner
-- ARGV: silo, run, session, user
-- Answers 1, or 0 when the run has lost the session.
local call = redis.call
local owner = call('HMGET', KEYS[6], 'silo', 'run', 'ended')
if owner[1] ~= ARGV[1] or owner[2] ~= ARGV[2] or owner[3] then
    return 0
end

local waiting = try('LLEN', KEYS[1]) or 0
call('DEL', KEYS[1])
call('DEL', KEYS[2])
if waiting > 0 then
    count_waiting(KEYS[5], ARGV[4], -waiting)
end

leave_waiting(KEYS[3], KEYS[4], KEYS[5], ARGV[3], ARGV[4])

return 1
