-- Adds events behind those of a run that owns its session.
-- KEYS: stream, live flag, owner
-- ARGV: silo, run, number of the append, notice channel, then groups of events: type, origin, number of events, the body of each
-- Answers {status, cursor}; the status is 0 live, 1 canceled, 2 lost.
local call = redis.call
local owner = call('HMGET', KEYS[3], 'silo', 'run', 'seq', 'last', 'ended')
if owner[1] ~= ARGV[1] or owner[2] ~= ARGV[2] then
    return {2, '0-0'}
end

local seq, last, ended = string.match(owner[3] or '', '^%d+$'), owner[4], owner[5]
if not seq or not last then
    return malformed(KEYS[3])
end

local isNew = tonumber(ARGV[3]) > tonumber(seq)
if ended then
    -- How the run ended is what a repeated append is told, too.
    return isNew and {2, '0-0'} or {ended == '2' and 1 or 0, last}
end

local status = try('GET', KEYS[2]) == ARGV[1] .. ':' .. ARGV[2] and 0 or 1
if not isNew then
    return {status, last}
end

-- What is added goes to those who listen with the notice, if there are any: they need not ask for it then. Much at once they read in their own time.
local noticed, bytes = {'grown ' .. last .. '\n'}, 0
if #ARGV > 4 and call('PUBSUB', 'NUMSUB', ARGV[4])[2] == 0 then
    noticed = nil
end

local at = 5
while at <= #ARGV do
    local kind, origin, stop = ARGV[at], ARGV[at + 1], at + 2 + tonumber(ARGV[at + 2])
    for i = at + 3, stop do
        local body = ARGV[i]
        if body == '' then
            last = call('XADD', KEYS[1], '*', 'type', kind, 'origin', origin)
        else
            last = call('XADD', KEYS[1], '*', 'type', kind, 'origin', origin, 'body', body)
        end

        if noticed then
            bytes = bytes + #body
            noticed[#noticed + 1] = last .. ' ' .. #kind .. ' ' .. #origin .. ' ' .. #body .. '\n' .. kind .. origin .. body
            if bytes > 16384 then
                noticed = nil
            end
        end
    end

    at = stop + 1
end

call('HSET', KEYS[3], 'seq', ARGV[3], 'last', last)
if #ARGV > 4 then
    call('PUBLISH', ARGV[4], noticed and table.concat(noticed) or 'grown')
end

return {status, last}
