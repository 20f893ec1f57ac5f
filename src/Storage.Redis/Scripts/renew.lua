-- Renews a silo's lease, or gives it up.
-- KEYS: the lease, the silo's runs, the set of silos
-- ARGV: silo, lease in ms; 0 gives it up
if ARGV[2] == '0' then
    return redis.call('DEL', KEYS[1])
end

redis.call('SET', KEYS[1], '1', 'PX', ARGV[2])
if redis.call('EXISTS', KEYS[2]) == 1 then
    -- It is there already, unless another program has taken it out.
    index('SADD', KEYS[3], ARGV[1])
end

return 1
