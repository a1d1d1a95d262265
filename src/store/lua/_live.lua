-- _live: which runs of a schedule live. Used by due_schedules, fire, trigger and the scripts of backfills.
-- KEYS: none of its own
-- ARGV: none of its own
-- Answers: nothing; it only defines names.

-- A stored schedule is "<revision>[p] <next> <last>[#<made>] <others> <rule JSON>"; this captures p, last and others.
local HEAD = '^%d+(p?) %S+ ([-%d]+)%S* (%S+) '

local function is_live(run)
  return redis.call('HEXISTS', P .. 'runs', run) == 1
end

-- `scheduled`: the newest scheduled run where it lives. Answers ids with commas between, those of earlier commits first and
-- the newest scheduled one last; empty for none.
local function live_with(scheduled, others)
  if others == '-' then
    return scheduled or ''
  end
  local live = {}
  for run in string.gmatch(others, '[^,]+') do
    if run ~= scheduled and is_live(run) then
      live[#live + 1] = run
    end
  end
  live[#live + 1] = scheduled
  return table.concat(live, ',')
end

local function live_runs(id, last, others)
  local scheduled = last ~= '-' and id .. '@' .. last or nil
  return live_with(scheduled and is_live(scheduled) and scheduled or nil, others)
end

local function split(ids)
  local list = {}
  for id in string.gmatch(ids, '[^,]+') do
    list[#list + 1] = id
  end
  return list
end

local function count_held(live)
  local held = 0
  for _, since in ipairs(hmget(P .. 'holds', live)) do
    held = held + (since and 1 or 0)
  end
  return held
end
