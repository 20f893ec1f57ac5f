-- Does once what runs need, on keys that are gone afterwards. One step for each command that the scripts call.
-- KEYS: a stream, a string, a hash, a set, a sorted set, a list
-- ARGV: a channel, how long the keys stay if they cannot be deleted, in ms
-- Answers {what Redis does when its memory is full, or nothing where the user may not ask; command, its error, ... of the steps that failed, in their order}.
local stream, text, hash, set, sorted, list = unpack(KEYS)
local channel, stay = ARGV[1], ARGV[2]

local memory = redis.pcall('INFO', 'memory')
local policy = type(memory) == 'string' and string.match(memory, 'maxmemory_policy:([%w-]+)')
local answer = {policy or ''}

local function try(command, ...)
    local result = redis.pcall(command, ...)
    if type(result) == 'table' and result.err then
        answer[#answer + 1] = command
        answer[#answer + 1] = result.err
    end
end

try('TIME')
try('XADD', stream, '*', 'type', 'begin')
try('XADD', stream, '*', 'type', 'end')
try('RENAME', stream, text)
try('RENAME', text, stream)
try('XLEN', stream)
try('XTRIM', stream, 'MINID', '0-1')
try('XRANGE', stream, '-', '+', 'COUNT', 1)
try('XREVRANGE', stream, '+', '-', 'COUNT', 1)
try('XINFO', 'STREAM', stream)
try('PTTL', stream)
try('PERSIST', stream)
try('SET', text, '1', 'PX', stay)
try('GET', text)
try('MGET', text)
try('EXISTS', text)
try('TYPE', text)
try('GETDEL', text)
try('HSET', hash, 'a', '1')
try('HSETNX', hash, 'b', '1')
try('HGET', hash, 'a')
try('HMGET', hash, 'a', 'b')
try('HINCRBY', hash, 'a', 1)
try('HDEL', hash, 'b')
try('SADD', set, 'a', 'b')
try('SCARD', set)
try('SMEMBERS', set)
try('SRANDMEMBER', set, 1)
try('SREM', set, 'b')
try('ZADD', sorted, 1, 'a')
try('ZADD', sorted, 2, 'b')
try('ZREVRANGE', sorted, 0, 0, 'WITHSCORES')
try('ZCOUNT', sorted, '(1', '+inf')
try('ZRANGEBYSCORE', sorted, '-inf', 1, 'LIMIT', 0, 1)
try('ZSCORE', sorted, 'a')
try('ZREM', sorted, 'b')
try('RPUSH', list, 'a')
try('LPOS', list, 'a')
try('LLEN', list)
try('LRANGE', list, 0, -1)
try('LREM', list, 1, 'b')
try('PUBSUB', 'NUMSUB', channel)
try('PUBLISH', channel, '1')
for _, key in ipairs(KEYS) do
    try('PEXPIRE', key, stay)
    try('DEL', key)
end

return answer
