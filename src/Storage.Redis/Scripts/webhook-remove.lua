-- Removes a webhook.
-- KEYS: the webhooks by time, the webhooks, how many wait for each receiver
-- ARGV: its id
local kept = redis.call('HGET', KEYS[2], ARGV[1])
if kept then
    redis.call('HDEL', KEYS[2], ARGV[1])
    local receiver = string.match(kept, '^%S+ (%S+) ')
    if receiver and index('HINCRBY', KEYS[3], receiver, -1) <= 0 then
        redis.call('HDEL', KEYS[3], receiver)
    end
end

index('ZREM', KEYS[1], ARGV[1])
return 1
