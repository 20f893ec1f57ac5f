-- Gives a run to nobody: a silo that never has a lease, so that any other recovers the run at once. The run stays the same run.
-- KEYS: live flag, owner, the silo's runs, nobody's runs, the set of silos
-- ARGV: silo, run, nobody, session key
-- Answers 1, or 0 when the run is not the silo's (any more).
local call = redis.call
local owner = call('HMGET', KEYS[2], 'silo', 'run', 'ended')
if owner[1] ~= ARGV[1] or owner[2] ~= ARGV[2] or owner[3] then
    return 0
end

call('HSET', KEYS[2], 'silo', ARGV[3])
if try('GET', KEYS[1]) == ARGV[1] .. ':' .. ARGV[2] then
    call('SET', KEYS[1], ARGV[3] .. ':' .. ARGV[2])
end

index('SREM', KEYS[3], ARGV[4])
index('SADD', KEYS[4], ARGV[4])
index('SADD', KEYS[5], ARGV[3])
return 1
