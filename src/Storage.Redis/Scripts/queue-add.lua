-- Adds a prompt after those that wait for a session.
-- KEYS: what is known of the session's waiting prompts, their texts, the user's sessions that prompts wait for, the users that have some, how many prompts wait
-- ARGV: what is known of the prompt, its run, its text, the session, the user, the most prompts of the session, of the user and of the scope; of these two, 0 for any number
-- Answers its place, from 1; 0 when there are too many for the session, -1 for the user, -2 for the scope.
local call = redis.call
local place = call('LPOS', KEYS[1], ARGV[1])
if place then
    return place + 1
end

if call('LLEN', KEYS[1]) >= tonumber(ARGV[6]) then
    return 0
end

-- Whether somebody has as many waiting as may be.
local function is_full(name, allowed)
    return allowed > 0 and (tonumber(try('HGET', KEYS[5], name) or 0) or 0) >= allowed
end

if is_full(ARGV[5], tonumber(ARGV[7])) then
    return -1
elseif is_full(string.match(ARGV[5], '^[^:]*'), tonumber(ARGV[8])) then
    return -2
end

call('HSET', KEYS[2], ARGV[2], ARGV[3])
place = call('RPUSH', KEYS[1], ARGV[1])

-- What another program has put in the place of an index is seen when it is read, and the index is made again then.
local last = last_turn(1)
try('ZADD', KEYS[3], 'NX', last, ARGV[4])
try('ZADD', KEYS[4], 'NX', last, ARGV[5])
count_waiting(KEYS[5], ARGV[5], 1)
return place
