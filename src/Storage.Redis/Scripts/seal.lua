-- Seals a live run against cancels, because it is about to end, or opens it again.
-- KEYS: live flag, owner
-- ARGV: silo, run, 1 to seal or 0 to open
-- Answers how the run stands: 0 live, 1 canceled, 2 lost.
local call = redis.call
local owner = call('HMGET', KEYS[2], 'silo', 'run', 'ended')
if owner[1] ~= ARGV[1] or owner[2] ~= ARGV[2] then
    return 2
end

if owner[3] then
    return owner[3] == '2' and 1 or 0
end

if try('GET', KEYS[1]) ~= ARGV[1] .. ':' .. ARGV[2] then
    return 1
end

if ARGV[3] == '1' then
    call('HSET', KEYS[2], 'sealed', '1')
else
    call('HDEL', KEYS[2], 'sealed')
end

return 0
