-- Removes a session's journal, for the run that owns the session.
-- KEYS: journal, owner, the user's journals, their titles
-- ARGV: silo, run, the session
-- Answers 1, or 0 when the run has lost the session.
local owner = redis.call('HMGET', KEYS[2], 'silo', 'run', 'ended')
if owner[1] ~= ARGV[1] or owner[2] ~= ARGV[2] or owner[3] then
    return 0
end

redis.call('DEL', KEYS[1])
index('ZREM', KEYS[3], ARGV[3])
index('HDEL', KEYS[4], ARGV[3])
return 1
