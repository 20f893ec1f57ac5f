-- Puts a run that a silo owns back into the lists that others find it by.
-- KEYS: owner, the silo's runs, the user's registry, the set of silos, the scope's registry
-- ARGV: silo, run, session id, session key
-- Answers 1, or 0 when the run is not the silo's (any more).
local owner = redis.call('HMGET', KEYS[1], 'silo', 'run', 'ended')
if owner[1] ~= ARGV[1] or owner[2] ~= ARGV[2] or owner[3] then
    return 0
end

index('SADD', KEYS[2], ARGV[4])
index('SADD', KEYS[3], ARGV[3])
index('SADD', KEYS[4], ARGV[1])
index('SADD', KEYS[5], within_scope(ARGV[4]))
return 1
