-- Comes before the scripts that count what is used.

-- What is counted of somebody in a minute and on a day. What was counted before is over; what a clock that is ahead has counted stays.
local function read_usage(key, minute, day)
    local now = {}
    for i, value in ipairs(try('HMGET', key, 'minute', 'prompts', 'day', 'tokens') or {}) do
        now[i] = tonumber(value or nil) or 0
    end

    local used = {minute = minute, prompts = 0, day = day, tokens = 0}
    if (now[1] or 0) >= minute then
        used.minute, used.prompts = now[1], now[2]
    end

    if (now[3] or 0) >= day then
        used.day, used.tokens = now[3], now[4]
    end

    return used
end

local function write_usage(key, used, stay)
    index('HSET', key, 'minute', used.minute, 'prompts', used.prompts, 'day', used.day, 'tokens', used.tokens)
    redis.call('PEXPIRE', key, stay)
end
