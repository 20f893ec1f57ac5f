-- Comes before the scripts that change which prompts wait.

-- Counts what a user, and its scope, have waiting. Of nobody who has none, anything is left.
local function count_waiting(counts, user, by)
    for _, of in ipairs({user, string.match(user, '^[^:]*')}) do
        local now = redis.pcall('HINCRBY', counts, of, by)
        if is_foreign(now) then
            redis.call('DEL', counts)
        elseif type(now) ~= 'number' or now <= 0 then
            redis.call('HDEL', counts, of)
        end
    end
end

-- Takes a session that no prompt waits for out of the lists, and users that have none.
-- sessions: the user's sessions that prompts wait for; users: the users that have some; counts: how many prompts wait
local function leave_waiting(sessions, users, counts, session, user)
    try('ZREM', sessions, session)
    if redis.call('EXISTS', sessions) == 1 then
        return
    end

    -- What another program has taken out was not counted.
    local left = tonumber(try('HGET', counts, user) or 0) or 0
    if left > 0 then
        count_waiting(counts, user, -left)
    end

    try('ZREM', users, user)
    if redis.call('EXISTS', users) == 0 then
        redis.call('DEL', counts)
    end
end
