-- The live sessions of a user. What lost its flag by other means than a cancel or a finish leaves the registry here.
-- KEYS: the user's registry
-- ARGV: what the user's session keys start with
-- Answers the session ids.
local live, gone = {}, {}
for _, session in ipairs(redis.call('SMEMBERS', KEYS[1])) do
    local isLive = redis.call('EXISTS', ARGV[1] .. session .. ':live') == 1
    table.insert(isLive and live or gone, session)
end

for _, session in ipairs(gone) do
    redis.call('SREM', KEYS[1], session)
end

return live
