-- Finds runs whose process has lost its lease. What another program has written among them is answered too, for it to be said and taken out.
-- KEYS: the set of silos
-- ARGV: what a silo's keys start with, what session keys start with, the most runs to find of one silo
-- Answers six words for each: 'run', silo, session key, run, number of its last append, cursor of its begin. What is not there is an empty text, and then it is no run.
-- The first word is 'silo' where something else is in the place of a silo's set of runs, and 'silos' where it is in the place of the set of silos.
local call = redis.call
local found = {}
local function add(...)
    for _, word in ipairs({...}) do
        found[#found + 1] = word
    end
end

local silos = try('SMEMBERS', KEYS[1])
if not silos then
    add('silos', '', '', '', '', '')
end

for _, silo in ipairs(silos or {}) do
    if call('EXISTS', ARGV[1] .. silo) == 0 then
        local runs = ARGV[1] .. silo .. ':runs'
        local sessions = try('SRANDMEMBER', runs, ARGV[3])
        if not sessions then
            add('silo', silo, '', '', '', '')
        elseif #sessions == 0 then
            call('SREM', KEYS[1], silo)
        end

        for _, session in ipairs(sessions or {}) do
            local owner = try('HMGET', ARGV[2] .. session .. ':run', 'silo', 'run', 'ended', 'seq', 'begin')
            if not owner then
                add('run', silo, session, '', '', '')
            elseif owner[1] == silo and not owner[3] then
                add('run', silo, session, owner[2] or '', owner[4] or '', owner[5] or '')
            else
                -- Another has it by now, or it has ended.
                call('SREM', runs, session)
            end
        end
    end
end

return found
