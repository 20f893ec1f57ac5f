-- Sets the time at which a session is due, for the run that owns it.
-- KEYS: the sessions by time, owner
-- ARGV: silo, run, session key, the time in milliseconds
-- Answers 1, or 0 when the run has lost the session.
local owner = redis.call('HMGET', KEYS[2], 'silo', 'run', 'ended')
if owner[1] ~= ARGV[1] or owner[2] ~= ARGV[2] or owner[3] then
    return 0
end

index('ZADD', KEYS[1], ARGV[4], ARGV[3])
return 1
