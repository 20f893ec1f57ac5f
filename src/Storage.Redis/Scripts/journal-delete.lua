-- Removes a session's journal, for the run that owns the session.
-- KEYS: journal, owner, the user's journals, their titles, the user's usage, the scope's usage
-- ARGV: silo, run, the session
-- Answers 1, or 0 when the run has lost the session.
local owner = redis.call('HMGET', KEYS[2], 'silo', 'run', 'ended')
if owner[1] ~= ARGV[1] or owner[2] ~= ARGV[2] or owner[3] then
    return 0
end

local had = size(KEYS[5], ARGV[3])
redis.call('DEL', KEYS[1])
index('ZREM', KEYS[3], ARGV[3])
index('HDEL', KEYS[4], ARGV[3])
if had then
    index('HDEL', KEYS[5], ARGV[3])
    count(KEYS[5], usage(KEYS[5]), -1, -had)
    count(KEYS[6], usage(KEYS[6]), -1, -had)
end

return 1
