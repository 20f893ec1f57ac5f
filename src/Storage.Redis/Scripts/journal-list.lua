-- Lists a user's sessions that have a journal, those that last grew first, and those of one time by their names, descending.
-- KEYS: the user's journals, their titles
-- ARGV: the most sessions, then, for those after a place, its time in milliseconds and its session
-- Answers {session, time in milliseconds, title or false, session, ...}.

-- Byte by byte, as Redis sorts. Lua compares texts by the rules of a language.
local function is_less(one, other)
    for i = 1, math.min(#one, #other) do
        local a, b = string.byte(one, i), string.byte(other, i)
        if a ~= b then
            return a < b
        end
    end

    return #one < #other
end

local first, time, session = 0, ARGV[2], ARGV[3]
if time then
    -- The session may be gone from there, so its place is looked for among those of its time.
    first = redis.call('ZCOUNT', KEYS[1], '(' .. time, '+inf')
    local last = first + redis.call('ZCOUNT', KEYS[1], time, time)
    while first < last do
        local middle = math.floor((first + last) / 2)
        if is_less(redis.call('ZREVRANGE', KEYS[1], middle, middle)[1], session) then
            last = middle
        else
            first = middle + 1
        end
    end
end

local answer = redis.call('ZREVRANGE', KEYS[1], first, first + ARGV[1] - 1, 'WITHSCORES')
local list = {}
for i = 1, #answer, 2 do
    list[#list + 1] = answer[i]
    list[#list + 1] = answer[i + 1]
    list[#list + 1] = try('HGET', KEYS[2], answer[i])
end

return list
