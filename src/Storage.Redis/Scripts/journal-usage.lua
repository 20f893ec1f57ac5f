-- Comes before the scripts that change a journal: how much a user (its usage also has the bytes of each session) or a scope has.

-- Answers {sessions, bytes}.
local function usage(key)
    local had = try('HMGET', key, '#sessions', '#bytes') or {}
    return {tonumber(had[1] or 0) or 0, tonumber(had[2] or 0) or 0}
end

-- The bytes of a session's journal; nil when they are not known.
local function size(user, session)
    return tonumber(try('HGET', user, session) or '')
end

-- Adds to it. What has no sessions any more has no key.
local function count(key, had, sessions, bytes)
    sessions, bytes = had[1] + sessions, had[2] + bytes
    if sessions <= 0 then
        redis.call('DEL', key)
    else
        index('HSET', key, '#sessions', string.format('%.0f', sessions), '#bytes', string.format('%.0f', math.max(0, bytes)))
    end
end
