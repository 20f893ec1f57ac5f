-- Takes a live flag away, whoever raised it, and tells those who follow and the silo that owns the run.
-- KEYS: live flag, owner, the user's registry
-- ARGV: session id, session key, notice channel, what a silo's keys start with
-- Answers 1 if the flag was there, else 0.
if not redis.call('GETDEL', KEYS[1]) then
    return 0
end

redis.call('SREM', KEYS[3], ARGV[1])
local owner = redis.call('HMGET', KEYS[2], 'silo', 'run', 'ended')
if owner[1] and not owner[3] then
    redis.call('PUBLISH', ARGV[4] .. owner[1] .. ':notice', ARGV[2] .. ' ' .. owner[2])
end

redis.call('PUBLISH', ARGV[3], 'canceled')
return 1
