-- Counts a prompt, if the limits allow one more.
-- KEYS: what the user has used, what the scope has
-- ARGV: the minute, the day, how long counts are kept, in ms; then the limits of the user and of the scope: prompts a minute and tokens a day of the one, of the other; 0 for none
-- Answers 0, or the number of the limit that does not allow it, from 1.
for i, key in ipairs(KEYS) do
    local used = read_usage(key, tonumber(ARGV[1]), tonumber(ARGV[2]))
    local prompts, tokens = tonumber(ARGV[2 + 2 * i]), tonumber(ARGV[3 + 2 * i])
    if prompts > 0 and used.prompts >= prompts then
        return 2 * i - 1
    elseif tokens > 0 and used.tokens >= tokens then
        return 2 * i
    end
end

for _, key in ipairs(KEYS) do
    local used = read_usage(key, tonumber(ARGV[1]), tonumber(ARGV[2]))
    used.prompts = used.prompts + 1
    write_usage(key, used, ARGV[3])
end

return 0
