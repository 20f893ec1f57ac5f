-- The sessions whose runs a silo owns; none where another program has put something else in the place of their set.
-- KEYS: the silo's runs
return try('SMEMBERS', KEYS[1]) or {}
