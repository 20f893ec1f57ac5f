-- Comes before every script.

-- Whether an answer is the error that a key has something else in it than a command is for: another program has written to it.
local function is_foreign(answer)
    return type(answer) == 'table' and answer.err and string.find(answer.err, 'WRONGTYPE', 1, true) ~= nil
end

-- Calls a command that can do without its key; false where that has something else in it.
local function try(command, key, ...)
    local answer = redis.pcall(command, key, ...)
    if type(answer) == 'table' and answer.err then
        return not is_foreign(answer) and redis.call(command, key, ...)
    end

    return answer
end

-- Calls a command that writes to an index, which is a key that only lists others. What another program has put in its place makes way.
local function index(command, key, ...)
    local answer = redis.pcall(command, key, ...)
    if type(answer) == 'table' and answer.err then
        if is_foreign(answer) then
            redis.call('DEL', key)
        end

        return redis.call(command, key, ...)
    end

    return answer
end

-- A session as the list of its scope names it: with its user, without the scope.
local function within_scope(key)
    return string.match(key, '^[^:]*:(.*)$')
end

-- The answer to a key whose value we do not write.
local function malformed(key)
    return redis.error_reply('MALFORMED ' .. key)
end

-- The place of one that takes its turn after all others: now, in microseconds. Of several, each has a number, from 1.
local function last_turn(number)
    local now = redis.call('TIME')
    return string.format('%.0f', now[1] * 1e6 + now[2] + number)
end
