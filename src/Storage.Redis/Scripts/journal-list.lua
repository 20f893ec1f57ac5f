-- Lists a user's sessions that have a journal, those that last grew first.
-- KEYS: the user's journals, their titles
-- ARGV: the most sessions
-- Answers {session, time in milliseconds, title or false, session, ...}.
local answer = redis.call('ZREVRANGE', KEYS[1], 0, ARGV[1] - 1, 'WITHSCORES')
local list = {}
for i = 1, #answer, 2 do
    list[#list + 1] = answer[i]
    list[#list + 1] = answer[i + 1]
    list[#list + 1] = try('HGET', KEYS[2], answer[i])
end

return list
