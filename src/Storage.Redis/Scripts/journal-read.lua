-- Reads a page of a session's journal: record by record, until there are enough bytes. One large record after another would keep Redis from all others.
-- KEYS: journal
-- ARGV: the id of the last entry that is known, the bytes of a page, 1 when it may have more by a part of its last record, 1 when imports come with their messages
-- Answers {whether there is more, id, record, id, ...}; an entry that is no record has the record false.
local heads = {'^{"type":"imported","timestamp":"[^"]*","messages":%[', '^{"type":"imported","timestamp":"[^"]*","replaced":%d+,"messages":%['}

-- An import's messages are the last that it has. What is encrypted, or not written like this, comes whole.
local function without_messages(record)
    for _, head in ipairs(heads) do
        local found = string.match(record, head)
        if found then
            return found .. ']}'
        end
    end

    return record
end

local place, rest, page = ARGV[1], tonumber(ARGV[2]), {0}
while rest > 0 do
    local entry = redis.call('XRANGE', KEYS[1], '(' .. place, '+', 'COUNT', 1)[1]
    if not entry then
        return page
    end

    local record = entry[2][4] or false
    if record and ARGV[4] ~= '1' then
        record = without_messages(record)
    end

    local size = record and #record or 0
    if size > rest and ARGV[3] ~= '1' then
        break
    end

    place, rest = entry[1], rest - size
    page[#page + 1] = place
    page[#page + 1] = record
end

page[1] = 1
return page
