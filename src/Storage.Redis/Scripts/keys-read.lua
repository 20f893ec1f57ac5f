-- Reads the keys of Data Protection. Where there are none, one process at a time makes the first: two that start together would make two, and each would not know the other's for a day.
-- KEYS: the keys, the process that makes the first
-- ARGV: this process, how long it has for that, in milliseconds
-- Answers the keys; 1 when there are none and this process makes the first; 0 when another one does.
local keys = redis.call('LRANGE', KEYS[1], 0, -1)
if #keys > 0 then
    return keys
end

if redis.call('EXISTS', KEYS[2]) == 0 then
    redis.call('SET', KEYS[2], ARGV[1], 'PX', ARGV[2])
end

return redis.call('GET', KEYS[2]) == ARGV[1] and 1 or 0
