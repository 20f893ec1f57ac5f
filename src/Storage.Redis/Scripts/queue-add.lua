-- Adds a prompt behind those that wait for a session.
-- KEYS: the session's waiting prompts, the set of sessions that prompts wait for
-- ARGV: the prompt, session key, the most prompts
-- Answers its place, from 1; 0 when there are too many.
local call = redis.call
local place = call('LPOS', KEYS[1], ARGV[1])
if place then
    return place + 1
end

if call('LLEN', KEYS[1]) >= tonumber(ARGV[3]) then
    return 0
end

place = call('RPUSH', KEYS[1], ARGV[1])
index('SADD', KEYS[2], ARGV[2])
return place
