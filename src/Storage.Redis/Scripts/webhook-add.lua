-- Adds a webhook that is to be sent, unless it is known already. One that is only announced is replaced.
-- KEYS: the webhooks by time, the webhooks, how many wait for each receiver
-- ARGV: its id, its receiver, its session, what is to be sent, the time in milliseconds, the most of the receiver
-- Answers 1, or 0 when as many wait for the receiver as may.
local kept = redis.call('HGET', KEYS[2], ARGV[1])
if kept and string.sub(kept, 1, 3) ~= '-1 ' then
    return 1
end

if not kept then
    if (tonumber(try('HGET', KEYS[3], ARGV[2]) or 0) or 0) >= tonumber(ARGV[6]) then
        return 0
    end

    index('HINCRBY', KEYS[3], ARGV[2], 1)
end

redis.call('HSET', KEYS[2], ARGV[1], '-1 ' .. ARGV[2] .. ' ' .. ARGV[3] .. ' ' .. ARGV[4])
index('ZADD', KEYS[1], ARGV[5], ARGV[1])
return 1
