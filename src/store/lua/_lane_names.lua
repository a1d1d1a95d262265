-- _lane_names: which limits a lane comes under. A key is called `job:NAME`, `queue:NAME` or as a job's template makes it.
-- KEYS: none of its own
-- ARGV: none of its own
-- Answers: nothing; it only defines names.

local lane_names = {} -- what names_of has answered; a call sees a lane many times

-- Keys of a lane as { name, default's name } pairs in one flat list, the job's own first. The list is shared.
local function names_of(lane)
  if lane_names[lane] then
    return lane_names[lane]
  end
  local own = 'job:' .. string.match(lane, '^%d:([^|]+)')
  local names = { own, own }
  if string.find(lane, '|', 1, true) then
    for template, name in string.gmatch(lane, '|([^~|]*)~([^|]+)') do
      names[#names + 1] = name
      names[#names + 1] = '*' .. template
    end
  end
  lane_names[lane] = names
  return names
end

-- The same with the queue, which a lane does not name.
local function names_within(queue, lane)
  local own = 'queue:' .. queue
  local names = { own, own }
  for _, name in ipairs(names_of(lane)) do
    names[#names + 1] = name
  end
  return names
end
