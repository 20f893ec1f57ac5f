-- Takes out of the lists of runs what is no run.
-- KEYS: the set of silos, the silo's runs
-- ARGV: 'silos' for the whole set, 'silo' or 'run'; the silo; the session
if ARGV[1] == 'silos' then
    index('SREM', KEYS[1], '')
elseif ARGV[1] == 'silo' then
    redis.call('SREM', KEYS[1], ARGV[2])
else
    index('SREM', KEYS[2], ARGV[3])
end

return 1
