-- Gives a session another time, if its time is still a certain one. Repeated, it changes nothing.
-- KEYS: the sessions by time
-- ARGV: session key, the time that it must have, the time that it gets, both in milliseconds
local due = try('ZSCORE', KEYS[1], ARGV[1])
if due and tonumber(due) == tonumber(ARGV[2]) then
    redis.call('ZADD', KEYS[1], ARGV[3], ARGV[1])
end

return 1
