-- Takes a live flag away, whoever raised it, and tells those who follow and the silo that owns the run.
-- KEYS: live flag, owner, the user's registry, the scope's registry, and the answer to this request if it has a name
-- ARGV: session id, session key, notice channel, what a silo's keys start with, how long the answer is remembered, in ms, the only run that is meant or ''
-- Answers 1 if the flag was there, else 0: also when it is of another run, or its run is sealed, for which a cancel comes too late.
local function cancel()
    local owner = try('HMGET', KEYS[2], 'silo', 'run', 'ended', 'sealed')
    local owned = owner and owner[1] and owner[2] and not owner[3]
    local is_owners = owned and try('GET', KEYS[1]) == owner[1] .. ':' .. owner[2]
    if is_owners and owner[4] or ARGV[6] ~= '' and not (is_owners and string.match(owner[2], '^[^~]*') == ARGV[6]) then
        return 0
    end

    local flag = redis.pcall('GETDEL', KEYS[1])
    if is_foreign(flag) then
        -- What is no flag makes the session look live nevertheless.
        redis.call('DEL', KEYS[1])
    elseif type(flag) == 'table' then
        return flag
    elseif not flag then
        return 0
    end

    index('SREM', KEYS[3], ARGV[1])
    index('SREM', KEYS[4], within_scope(ARGV[2]))
    if owned then
        redis.call('PUBLISH', ARGV[4] .. owner[1] .. ':notice', ARGV[2] .. ' ' .. owner[2])
    end

    redis.call('PUBLISH', ARGV[3], 'canceled')
    return 1
end

local known = KEYS[5] and try('GET', KEYS[5])
if known == '0' or known == '1' then
    return tonumber(known)
end

local answer = cancel()
if KEYS[5] and type(answer) == 'number' then
    -- A Redis without memory refuses it. The cancel counts nevertheless.
    redis.pcall('SET', KEYS[5], answer, 'PX', ARGV[5])
end

return answer
