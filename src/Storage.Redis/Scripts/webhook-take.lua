-- Takes webhooks whose time has come: they get a later one, and are due again then unless they are removed or set.
-- KEYS: the webhooks by time, the webhooks
-- ARGV: the time now, the later time, both in milliseconds; the most webhooks
-- Answers the id of each, and what is kept of it, the one that is due longest first.
local found = {}
for _, id in ipairs(redis.call('ZRANGEBYSCORE', KEYS[1], '-inf', ARGV[1], 'LIMIT', 0, ARGV[3])) do
    local kept = redis.call('HGET', KEYS[2], id)
    if kept then
        redis.call('ZADD', KEYS[1], ARGV[2], id)
        found[#found + 1] = id
        found[#found + 1] = kept
    else
        redis.call('ZREM', KEYS[1], id)
    end
end

return found
