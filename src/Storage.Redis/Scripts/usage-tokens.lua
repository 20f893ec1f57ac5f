-- Counts tokens.
-- KEYS: what the user has used, what the scope has
-- ARGV: the minute, the day, how long counts are kept, in ms; how many tokens
-- Answers the tokens of the day: {of the user, of the scope}.
local answer = {}
for i, key in ipairs(KEYS) do
    local used = read_usage(key, tonumber(ARGV[1]), tonumber(ARGV[2]))
    used.tokens = used.tokens + tonumber(ARGV[4])
    write_usage(key, used, ARGV[3])
    answer[i] = used.tokens
end

return answer
