-- Ends a run that owns its session: the last events, end, flag and ownership away, the stream to expire.
-- KEYS: stream, live flag, owner, the silo's runs, the user's registry
-- ARGV: silo, run, number of the append, notice channel, ms that the stream stays, ms that the owner is remembered,
--       origin of end, session id, session key, then groups of events as for append.lua
-- Answers {status, cursor of end}; the status is 0 live, 1 canceled, 2 lost.
local call = redis.call
local owner = call('HMGET', KEYS[3], 'silo', 'run', 'seq', 'last', 'ended')
if owner[1] ~= ARGV[1] or owner[2] ~= ARGV[2] then
    return {2, '0-0'}
end

if owner[5] then
    return {tonumber(owner[5]) - 1, owner[4]}
end

if tonumber(ARGV[3]) > tonumber(owner[3]) then
    local at = 10
    while at <= #ARGV do
        local kind, origin, stop = ARGV[at], ARGV[at + 1], at + 2 + tonumber(ARGV[at + 2])
        for i = at + 3, stop do
            if ARGV[i] == '' then
                call('XADD', KEYS[1], '*', 'type', kind, 'origin', origin)
            else
                call('XADD', KEYS[1], '*', 'type', kind, 'origin', origin, 'body', ARGV[i])
            end
        end

        at = stop + 1
    end

    call('HSET', KEYS[3], 'seq', ARGV[3])
end

local last = call('XADD', KEYS[1], '*', 'type', 'end', 'origin', ARGV[7])
local status = 1
local flag = call('GET', KEYS[2])
if flag == ARGV[1] .. ':' .. ARGV[2] then
    call('DEL', KEYS[2])
    status = 0
end

-- 'ended' is 1 for a run that ended live, 2 for one that was canceled.
call('HSET', KEYS[3], 'last', last, 'ended', status + 1)
call('PEXPIRE', KEYS[3], ARGV[6])
if not flag or status == 0 then
    -- A flag that another library has raised meanwhile is not ours to take down, nor is the stream that its run now writes ours to let go.
    call('PEXPIRE', KEYS[1], ARGV[5])
end

call('SREM', KEYS[4], ARGV[9])
call('SREM', KEYS[5], ARGV[8])
call('PUBLISH', ARGV[4], 'grown')
return {status, last}
