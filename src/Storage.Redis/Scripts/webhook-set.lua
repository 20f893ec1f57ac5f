-- Sets the time and the attempt of a webhook, if it still has a certain attempt.
-- KEYS: the webhooks by time, the webhooks
-- ARGV: its id, the attempt that it must have, the attempt that it gets, the time in milliseconds
-- Answers 1, or 0 when it is not there or has another attempt.
local kept = redis.call('HGET', KEYS[2], ARGV[1])
local attempt, rest = string.match(kept or '', '^(%-?%d+)( .*)$')
if attempt ~= ARGV[2] then
    return 0
end

redis.call('HSET', KEYS[2], ARGV[1], ARGV[3] .. rest)
index('ZADD', KEYS[1], ARGV[4], ARGV[1])
return 1
