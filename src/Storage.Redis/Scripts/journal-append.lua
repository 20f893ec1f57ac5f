-- Adds records to a session's journal, for the run that owns the session. The version is the number of the last entry: 0-1, 0-2, ...
-- KEYS: journal, owner, the user's journals, their titles
-- ARGV: silo, run, the version that the writer has, the session, the time in milliseconds, the first prompt's beginning or nothing, then the records
-- Answers {status, version}; the status is 0 added, now or by an earlier try, 1 the version is another, 2 lost.
local call = redis.call
local owner = call('HMGET', KEYS[2], 'silo', 'run', 'ended')
if owner[1] ~= ARGV[1] or owner[2] ~= ARGV[2] or owner[3] then
    return {2, 0}
end

local first, count, version = tonumber(ARGV[3]) + 1, #ARGV - 6, call('XLEN', KEYS[1])

-- Whether this run has added just these records there: the answer to an earlier try was lost.
local function isRepeated()
    local entries = call('XRANGE', KEYS[1], '0-' .. first, '0-' .. (first + count - 1))
    if #entries ~= count then
        return false
    end

    for i, entry in ipairs(entries) do
        local fields = entry[2]
        if fields[2] ~= ARGV[2] or fields[4] ~= ARGV[i + 6] then
            return false
        end
    end

    return true
end

if version ~= first - 1 then
    return {version >= first and isRepeated() and 0 or 1, version}
end

-- The first write is the one that Redis refuses when it has no memory; then nothing is changed.
for i = 7, #ARGV do
    call('XADD', KEYS[1], '0-' .. (version + i - 6), 'run', ARGV[2], 'record', ARGV[i])
end

index('ZADD', KEYS[3], ARGV[5], ARGV[4])
if ARGV[6] ~= '' then
    index('HSETNX', KEYS[4], ARGV[4], ARGV[6])
end

return {0, version + count}
