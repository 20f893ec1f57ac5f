-- Adds a prompt after those that wait for a session.
-- KEYS: what is known of the session's waiting prompts, their texts, the user's sessions that prompts wait for, the users that have some
-- ARGV: what is known of the prompt, its run, its text, the session, the user, the most prompts
-- Answers its place, from 1; 0 when there are too many.
local call = redis.call
local place = call('LPOS', KEYS[1], ARGV[1])
if place then
    return place + 1
end

if call('LLEN', KEYS[1]) >= tonumber(ARGV[6]) then
    return 0
end

call('HSET', KEYS[2], ARGV[2], ARGV[3])
place = call('RPUSH', KEYS[1], ARGV[1])

-- What another program has put in the place of an index is seen when it is read, and the index is made again then.
local last = last_turn(1)
try('ZADD', KEYS[3], 'NX', last, ARGV[4])
try('ZADD', KEYS[4], 'NX', last, ARGV[5])
return place
