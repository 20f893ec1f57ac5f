-- Takes ownership of a session for a run.
-- KEYS: stream, live flag, owner, this silo's lease, this silo's runs, the user's registry, the set of silos, the scope's registry
-- ARGV: silo, run, lease in ms, foreign silence in ms, origin of begin, body of begin, session id, session key,
--       notice channel, how many past runs are kept, how long each is, in ms,
--       how many live sessions the user and the scope may have, 0 for any number; what the user's and the scope's session keys start with
-- Answers {1, cursor of begin}, {0, silo that owns the session}, {2, ms since another library's run moved}, or {3} or {4}: the user, or the scope, has as many as it may.
local stream, live, owner, lease, runs, registry, allSilos, scopeRegistry = unpack(KEYS)
local silo, run, leaseMs, silenceMs = ARGV[1], ARGV[2], ARGV[3], tonumber(ARGV[4])
local session, key, channel, most, stay = ARGV[7], ARGV[8], ARGV[9], tonumber(ARGV[10]), ARGV[11]

local ownerSilo, ownerRun, ended, begin, past = unpack(redis.call('HMGET', owner, 'silo', 'run', 'ended', 'begin', 'past'))
if ownerSilo == silo and ownerRun == run then
    redis.call('SET', lease, '1', 'PX', leaseMs)
    return {1, begin}
end

if ownerRun and not ended then
    if not ownerSilo or not begin then
        return malformed(owner)
    end

    -- Also when that silo has lost its lease: its run was promised an end, and another silo is about to bring it there.
    return {0, ownerSilo}
end

local first = redis.call('XRANGE', stream, '-', '+', 'COUNT', 1)[1]
local last = redis.call('XREVRANGE', stream, '+', '-', 'COUNT', 1)[1]

-- Another library's run has no owner, and perhaps no flag any more: a cancel that it has not noticed took it, or its own stop. It is over when its
-- stream ends with 'end' and expires; what it still does before that (end, the flag's removal, the expiry) would be done to a run of ours.
local function isForeign()
    if redis.call('EXISTS', live) == 1 then
        return true
    end

    if not last then
        return false
    end

    if redis.call('PTTL', stream) == -1 then
        return true
    end

    for i = 1, #last[2], 2 do
        if last[2][i] == 'type' and last[2][i + 1] == 'end' then
            return false
        end
    end

    return true
end

-- The greatest id that the stream ever had, also when its entries are gone.
local lastTime, lastNumber = 0, 0
if redis.call('EXISTS', stream) == 1 then
    local info = redis.call('XINFO', 'STREAM', stream)
    for i = 1, #info, 2 do
        if info[i] == 'last-generated-id' then
            local time, number = string.match(info[i + 1], '^(%d+)%-(%d+)$')
            lastTime, lastNumber = tonumber(time), tonumber(number)
        end
    end
end

local exact = 2 ^ 53
if lastTime >= exact or lastNumber >= exact then
    return malformed(stream)
end

local clock = redis.call('TIME')
local now = clock[1] * 1000 + math.floor(clock[2] / 1000)
if isForeign() and lastTime > 0 and now - lastTime < silenceMs then
    return {2, now - lastTime}
end

-- Whether a list has as many live sessions as it may. What lost its flag by other means than a cancel or an end leaves the list first.
local function isFull(list, allowed, prefix)
    if allowed == 0 or (try('SCARD', list) or 0) < allowed then
        return false
    end

    for _, name in ipairs(redis.call('SMEMBERS', list)) do
        if redis.call('EXISTS', prefix .. name .. ':live') == 0 then
            redis.call('SREM', list, name)
        end
    end

    return redis.call('SCARD', list) >= allowed
end

if isFull(registry, tonumber(ARGV[12]), ARGV[14]) then
    return {3}
elseif isFull(scopeRegistry, tonumber(ARGV[13]), ARGV[15]) then
    return {4}
end

-- Ids do not go back, also when the server's clock did. A begin does not follow directly on the last end: the place before a begin is in its run, the place of an end is not.
begin = now > lastTime and string.format('%.0f-0', now) or string.format('%.0f-%.0f', lastTime, lastNumber + 2)
local kept = {}
for run, from, to in string.gmatch(past or '', '(%S+) (%S+) (%S+)') do
    kept[#kept + 1] = {run, from, to}
end

-- From here on there are only writes. The first is one that Redis refuses when it has no memory: then nothing is changed.
redis.call('SET', live, silo .. ':' .. run)
if first then
    -- What the last run said stays for those who have not read all of it, under a name of its own.
    local name = stream .. ':past:' .. first[1]
    redis.call('RENAME', stream, name)
    redis.call('PEXPIRE', name, stay)
    kept[#kept + 1] = {ownerRun or '-', first[1], last[1]}
    if #kept > most then
        redis.call('DEL', stream .. ':past:' .. table.remove(kept, 1)[2])
    end
end

redis.call('XADD', stream, begin, 'type', 'begin', 'origin', ARGV[5], 'body', ARGV[6])
redis.call('PERSIST', stream)
for i, run in ipairs(kept) do
    kept[i] = table.concat(run, ' ')
end

redis.call('DEL', owner)
redis.call('HSET', owner, 'silo', silo, 'run', run, 'seq', 0, 'last', begin, 'begin', begin, 'past', table.concat(kept, ' '))
redis.call('SET', lease, '1', 'PX', leaseMs)
index('SADD', runs, key)
index('SADD', allSilos, silo)
index('SADD', registry, session)
index('SADD', scopeRegistry, within_scope(key))
redis.call('PUBLISH', channel, 'grown')
return {1, begin}
