-- Ends a run that owns its session: the last events, end, flag and ownership away, the stream to expire.
-- KEYS: stream, live flag, owner, the silo's runs, the user's registry, the scope's registry
-- ARGV: silo, run, number of the append, notice channel, ms that the stream stays, ms that the owner is remembered,
--       origin of end, session id, session key, then groups of events as for append.lua
-- Answers {status, cursor of end}; the status is 0 live, 1 canceled, 2 lost.
local call = redis.call
local owner = call('HMGET', KEYS[3], 'silo', 'run', 'seq', 'last', 'ended')
if owner[1] ~= ARGV[1] or owner[2] ~= ARGV[2] then
    return {2, '0-0'}
end

if owner[5] then
    return {owner[5] == '2' and 1 or 0, owner[4] or '0-0'}
end

-- Adds an entry, unless the stream takes none: another program has put something in its place, or an entry that none can follow. The run ends nevertheless.
local last, takes = owner[4] or '0-0', true
local function say(...)
    local id = takes and redis.pcall('XADD', KEYS[1], '*', ...)
    if type(id) == 'string' then
        last = id
    elseif id and (is_foreign(id) or string.find(id.err, '^%-?ERR')) then
        takes = false
    elseif id then
        -- The first write of all is refused for now, and nothing has been changed.
        redis.call('XADD', KEYS[1], '*', ...)
    end
end

if tonumber(ARGV[3]) > (tonumber(string.match(owner[3] or '', '^%d+$')) or 0) then
    local at = 10
    while at <= #ARGV do
        local kind, origin, stop = ARGV[at], ARGV[at + 1], at + 2 + tonumber(ARGV[at + 2])
        for i = at + 3, stop do
            if ARGV[i] == '' then
                say('type', kind, 'origin', origin)
            else
                say('type', kind, 'origin', origin, 'body', ARGV[i])
            end
        end

        at = stop + 1
    end

    call('HSET', KEYS[3], 'seq', ARGV[3])
end

say('type', 'end', 'origin', ARGV[7])
local status = 1
local flag = try('GET', KEYS[2])
if flag == ARGV[1] .. ':' .. ARGV[2] then
    call('DEL', KEYS[2])
    status = 0
elseif not flag then
    -- There is none, or something that is no flag and must not keep the session live.
    call('DEL', KEYS[2])
end

-- 'ended' is 1 for a run that ended live, 2 for one that was canceled.
call('HSET', KEYS[3], 'last', last, 'ended', status + 1)
call('PEXPIRE', KEYS[3], ARGV[6])
if takes and (not flag or status == 0) then
    -- A flag that another library has raised meanwhile is not ours to take down, nor is the stream that its run now writes ours to let go.
    call('PEXPIRE', KEYS[1], ARGV[5])
end

index('SREM', KEYS[4], ARGV[9])
index('SREM', KEYS[5], ARGV[8])
index('SREM', KEYS[6], within_scope(ARGV[9]))
call('PUBLISH', ARGV[4], 'grown')
return {status, last}
