-- Makes an index of those that take turns again. What another program has put in its place makes way.
-- KEYS: the index
-- ARGV: its members, or some of them
if redis.call('TYPE', KEYS[1]).ok ~= 'zset' then
    redis.call('DEL', KEYS[1])
end

for number, member in ipairs(ARGV) do
    redis.call('ZADD', KEYS[1], 'NX', last_turn(number), member)
end

return #ARGV
