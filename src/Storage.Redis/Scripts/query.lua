-- The live sessions of a user. What lost its flag by other means than a cancel or a finish leaves the registry here.
-- KEYS: the user's registry
-- ARGV: what the user's session keys start with
-- Answers {whether the registry is there, session id, ...}: 0 where another program has put something in its place.
local sessions = try('SMEMBERS', KEYS[1])
local live, gone = {sessions and 1 or 0}, {}
for _, session in ipairs(sessions or {}) do
    local isLive = redis.call('EXISTS', ARGV[1] .. session .. ':live') == 1
    table.insert(isLive and live or gone, session)
end

for _, session in ipairs(gone) do
    redis.call('SREM', KEYS[1], session)
end

return live
