-- Adds records to a session's journal, for the run that owns the session. The version is the number of the last entry: 0-1, 0-2, ...
-- KEYS: journal, owner, the user's journals, their titles, the user's usage, the scope's usage
-- ARGV: silo, run, the version that the writer has, the session, the time in milliseconds, the title or nothing, how many records an import among these replaces
--       or 0, what the title is (0 the first prompt's beginning, 1 given, 2 given and all that there is: then the session is not moved in the list), the limits (bytes of the session, of the user, of the scope, sessions of the user, of the scope; 0 for none), then the records
-- Answers {status, version}; the status is 0 added, now or by an earlier try, 1 the version is another, 2 lost, 3 more than a limit allows: then its number, from 1.
local call = redis.call
local owner = call('HMGET', KEYS[2], 'silo', 'run', 'ended')
if owner[1] ~= ARGV[1] or owner[2] ~= ARGV[2] or owner[3] then
    return {2, 0}
end

local session, replaced, before_records = ARGV[4], tonumber(ARGV[7]), 13
local expected, last = tonumber(ARGV[3]), call('XREVRANGE', KEYS[1], '+', '-', 'COUNT', 1)[1]
local version = last and tonumber(string.match(last[1], '^0%-(%d+)$')) or 0
if last and version == 0 then
    return malformed(KEYS[1])
end

-- What an import in the same append replaces is not written.
local first = math.max(expected, replaced) + 1
local final = expected + #ARGV - before_records

local function record(number)
    return ARGV[before_records + number - expected]
end

-- Whether this run has added just these records there: the answer to an earlier try was lost.
local function isRepeated()
    local entries = call('XRANGE', KEYS[1], '0-' .. first, '0-' .. final)
    if #entries ~= final - first + 1 then
        return false
    end

    for i, entry in ipairs(entries) do
        local fields = entry[2]
        if fields[2] ~= ARGV[2] or fields[4] ~= record(first + i - 1) then
            return false
        end
    end

    return true
end

if version ~= expected then
    return {version > expected and isRepeated() and 0 or 1, version}
end

-- A journal that was begun before there were sizes counts from here on.
local user, scope, had = usage(KEYS[5]), usage(KEYS[6]), size(KEYS[5], session)
local bytes = replaced == 0 and had or 0
for number = first, final do
    bytes = bytes + #record(number)
end

local grows, new = bytes - (had or 0), had and 0 or 1
local wanted = {bytes, user[2] + grows, scope[2] + grows, version == 0 and user[1] + new or 0, version == 0 and scope[1] + new or 0}
for i, want in ipairs(wanted) do
    local limit = tonumber(ARGV[8 + i])
    if limit > 0 and want > limit and grows > 0 then
        return {3, i}
    end
end

-- The first write is the one that Redis refuses when it has no memory; then nothing is changed.
for number = first, final do
    call('XADD', KEYS[1], '0-' .. number, 'run', ARGV[2], 'record', record(number))
end

if replaced > 0 then
    call('XTRIM', KEYS[1], 'MINID', '0-' .. first)
end

if ARGV[8] == '2' then
    index('ZADD', KEYS[3], 'NX', ARGV[5], session)
else
    index('ZADD', KEYS[3], ARGV[5], session)
end

if ARGV[6] ~= '' then
    index(ARGV[8] == '0' and 'HSETNX' or 'HSET', KEYS[4], session, ARGV[6])
end

count(KEYS[5], user, new, grows)
index('HSET', KEYS[5], session, string.format('%.0f', bytes))
count(KEYS[6], scope, new, grows)
return {0, final}
