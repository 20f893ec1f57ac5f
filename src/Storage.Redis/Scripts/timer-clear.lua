-- Removes a session's time, if it is still a certain one.
-- KEYS: the sessions by time
-- ARGV: session key, the time in milliseconds
local due = try('ZSCORE', KEYS[1], ARGV[1])
if due and tonumber(due) == tonumber(ARGV[2]) then
    redis.call('ZREM', KEYS[1], ARGV[1])
end

return 1
