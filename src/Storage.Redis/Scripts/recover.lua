-- Makes another silo the owner of a run whose silo has lost its lease. The run stays the same run: stream, flag and numbers continue.
-- KEYS: live flag, owner, the old silo's lease, the old silo's runs, the new silo's lease, the new silo's runs, the set of silos
-- ARGV: old silo, run and turn of the old owner, new silo, lease in ms, session key, run and turn of the new owner
-- Answers {1, number of the last append, cursor of begin, status, 1 if the run is sealed}, or {0} when it is not orphaned (any more); the status is 0 live, 1 canceled.
local call = redis.call
local silo, run, seq, begin, ended, sealed = unpack(call('HMGET', KEYS[2], 'silo', 'run', 'seq', 'begin', 'ended', 'sealed'))
if ended or not seq or not string.find(seq, '^%d+$') or not begin or not string.find(begin, '^%d+%-%d+$') then
    return {0}
end

-- A recovery that is repeated after a lost reply finds that it has been done.
if silo ~= ARGV[3] or run ~= ARGV[6] then
    if silo ~= ARGV[1] or run ~= ARGV[2] or call('EXISTS', KEYS[3]) == 1 then
        return {0}
    end

    call('HSET', KEYS[2], 'silo', ARGV[3], 'run', ARGV[6])
    if try('GET', KEYS[1]) == silo .. ':' .. run then
        -- The flag tells the old owner, too, that it is not its own any more.
        call('SET', KEYS[1], ARGV[3] .. ':' .. ARGV[6])
    end

    index('SREM', KEYS[4], ARGV[5])
    index('SADD', KEYS[6], ARGV[5])
    index('SADD', KEYS[7], ARGV[3])
end

call('SET', KEYS[5], '1', 'PX', ARGV[4])
return {1, tonumber(seq), begin, try('GET', KEYS[1]) == ARGV[3] .. ':' .. ARGV[6] and 0 or 1, sealed and 1 or 0}
