-- Makes an index again.
-- KEYS: the index, a set
-- ARGV: its members, or some of them
if redis.call('TYPE', KEYS[1]).ok ~= 'set' then
    redis.call('DEL', KEYS[1])
end

return #ARGV > 0 and redis.call('SADD', KEYS[1], unpack(ARGV)) or 0
