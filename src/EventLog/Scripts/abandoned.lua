-- Finds runs whose process has lost its lease.
-- KEYS: the set of silos
-- ARGV: what a silo's keys start with, what session keys start with, the most runs to find
-- Answers silo, session key and run of each, one behind the other.
local call = redis.call
local found = {}
for _, silo in ipairs(call('SMEMBERS', KEYS[1])) do
    if call('EXISTS', ARGV[1] .. silo) == 0 then
        local runs = ARGV[1] .. silo .. ':runs'
        local sessions = call('SRANDMEMBER', runs, ARGV[3])
        if #sessions == 0 then
            call('SREM', KEYS[1], silo)
        end

        for _, session in ipairs(sessions) do
            local owner = call('HMGET', ARGV[2] .. session .. ':run', 'silo', 'run', 'ended')
            if owner[1] == silo and not owner[3] then
                table.insert(found, silo)
                table.insert(found, session)
                table.insert(found, owner[2])
            else
                -- Somebody else has it by now, or it has ended.
                call('SREM', runs, session)
            end
        end
    end
end

return found
