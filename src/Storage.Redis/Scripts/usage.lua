-- KEYS: the user's usage, the scope's usage
-- Answers {the user's sessions, their bytes, the scope's sessions, their bytes}.
local user, scope = usage(KEYS[1]), usage(KEYS[2])
return {user[1], user[2], scope[1], scope[2]}
