-- Removes a session's time, whatever it is, for the run that owns the session.
-- KEYS: the sessions by time, owner
-- ARGV: silo, run, session key
-- Answers 1, or 0 when the run has lost the session.
local owner = redis.call('HMGET', KEYS[2], 'silo', 'run', 'ended')
if owner[1] ~= ARGV[1] or owner[2] ~= ARGV[2] or owner[3] then
    return 0
end

index('ZREM', KEYS[1], ARGV[3])
return 1
