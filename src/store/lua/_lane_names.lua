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
  local bar = find(lane, '|', 1, true)
  local own = 'job:' .. sub(lane, 3, bar and bar - 1)
  local names, count = { own, own }, 2
  while bar do -- "|<template>~<name>"
    local next_bar, tilde = find(lane, '|', bar + 1, true), find(lane, '~', bar + 1, true)
    names[count + 1] = sub(lane, tilde + 1, next_bar and next_bar - 1)
    names[count + 2] = '*' .. sub(lane, bar + 1, tilde - 1)
    bar, count = next_bar, count + 2
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
