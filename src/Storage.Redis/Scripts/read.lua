-- Says whether more may come in a stream, also from a run of another library.
-- KEYS: stream, live flag, owner
-- ARGV: foreign silence in ms
-- Answers 0 closed, 1 open, 2 open because of another library's run.
local stream, live, owner = unpack(KEYS)
local silenceMs = tonumber(ARGV[1])

local run, ended = unpack(redis.call('HMGET', owner, 'run', 'ended'))
if run and not ended then
    return 1
end

local isLive = redis.call('EXISTS', live) == 1
local newest = redis.call('XREVRANGE', stream, '+', '-', 'COUNT', 1)[1]
if not newest then
    -- A flag goes up before the stream's first entry. How old it is, only its idle time tells; where Redis counts uses instead, nothing does.
    local idle = isLive and redis.pcall('OBJECT', 'IDLETIME', live)
    return type(idle) == 'number' and idle * 1000 < silenceMs and 2 or 0
end

-- A run that was canceled has no flag any more, but has yet to say so and to end.
local isEnd = false
for i = 1, #newest[2], 2 do
    isEnd = isEnd or (newest[2][i] == 'type' and newest[2][i + 1] == 'end')
end

local time = redis.call('TIME')
local silent = time[1] * 1000 + math.floor(time[2] / 1000) - tonumber(string.match(newest[1], '^%d+'))
return (isLive or not isEnd) and silent < silenceMs and 2 or 0
