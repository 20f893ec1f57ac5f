-- Takes sessions whose time has come: they get a later one, and are due again then unless they are cleared.
-- KEYS: the sessions by time
-- ARGV: the time now, the later time, both in milliseconds; the most sessions
-- Answers their keys, the one that is due longest first.
local due = redis.call('ZRANGEBYSCORE', KEYS[1], '-inf', ARGV[1], 'LIMIT', 0, ARGV[3])
for _, session in ipairs(due) do
    redis.call('ZADD', KEYS[1], ARGV[2], session)
end

return due
