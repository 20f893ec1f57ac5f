-- Takes the next of those that take turns. They go to the end.
-- KEYS: those that take turns, by when their last one was; the index that lists this key, or nothing
-- ARGV: the most of them; this key's name in that index
local next = redis.call('ZRANGEBYSCORE', KEYS[1], '-inf', '+inf', 'LIMIT', 0, ARGV[1])
if #next == 0 and KEYS[2] then
    try('ZREM', KEYS[2], ARGV[2])
end

for number, one in ipairs(next) do
    redis.call('ZADD', KEYS[1], last_turn(number), one)
end

return next
