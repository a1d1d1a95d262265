-- _limits: how many runs of a lane may start now, by the rate, the slots and the order of each of its keys. Used by the
-- scripts that hand out runs and that end attempts. A key is called `job:NAME`, `queue:NAME` or as a job's template makes it.
-- include: _lane_names
-- KEYS: none of its own
-- ARGV: none of its own
-- Answers: nothing; it only defines names.

-- `limits`: what is configured: "=<key>" by an operator, else "job:NAME" or "*<template>" by a deploy, each
-- "<emission ms> <burst> <slots> <weight> <- | o>[ <rate, for people>]", 0 for none; o: one at a time, in order.
-- `tats`: key -> GCRA state and hold. `active`: key -> running runs, of keys with slots only. `turns`: key -> the run whose turn it is.
-- `blocked:KEY`: "<queue> <lane>" of the lanes that wait for a slot; `blocked_keys`: keys that have such lanes.
-- Nobody sleeps beside a free slot: whoever leaves one free wakes the lanes that wait for it (hand_on).

-- GCRA (ITU-T I.371): "tat" is the theoretical arrival time of the next start. Emission and burst are chosen in core so
-- that burst + period / emission never exceeds the count in any window.
-- A tat is stored as "<ms> <fraction>[ <held until ms>]" and counted from now: an epoch in ms leaves a double no room for
-- small fractions. What was spent under another rate counts as far as the present one can be spent, no further.
local RATE_TOLERANCE_MS = 1e-6
local OPEN_LIMIT = '0 0 0 1 -' -- of a key that is held without having a limit

local known = {} -- by name; false: nothing is configured
local waiting -- whether any lane waits for a slot; read once

local function any_waiting()
  if waiting == nil then
    waiting = redis.call('EXISTS', P .. 'blocked_keys') == 1
  end
  return waiting
end

-- A template's limit is that of all its keys, so a text is read once.
local terms = setmetatable({}, {
  __index = function(read, text)
    local emission, burst, slots, weight, order = match(text, '^(%S+) (%S+) (%S+) (%S+) (%S+)')
    slots = tonumber(slots)
    read[text] = {
      emission = tonumber(emission), burst = tonumber(burst), slots = slots > 0 and slots or nil,
      weight = math.max(tonumber(weight), 1), ordered = order == 'o',
    }
    return read[text]
  end,
})

local function read_limit(text)
  local of = terms[text]
  return {
    emission = of.emission, burst = of.burst, slots = of.slots, weight = of.weight, ordered = of.ordered,
    lead = 0, active = 0,
  }
end

-- An operator changes how much, not whether runs come in order: that is what the job relies on.
local function limit_of(own, default)
  local limit = read_limit(own or default)
  limit.ordered = limit.ordered or (own and default and string.find(default, ' o', 1, true) ~= nil)
  return limit
end

local function tat_of(limit)
  local whole = math.floor(limit.lead)
  local billionths = math.floor((limit.lead - whole) * 1e9 + 0.5)
  if billionths == 1e9 then
    whole, billionths = whole + 1, 0
  end
  return string.format('%d 0.%09d', now + whole, billionths)
end

local function save_tat(name, limit)
  local tat = tat_of(limit)
  redis.call('HSET', P .. 'tats', name, limit.held and tat .. ' ' .. text(limit.held) or tat)
end

local function read_tat(name, limit, stored)
  local after_ms = find(stored, ' ', 1, true)
  local after_fraction = find(stored, ' ', after_ms + 1, true)
  local fraction = tonumber(sub(stored, after_ms + 1, after_fraction and after_fraction - 1))
  limit.lead = math.max(tonumber(sub(stored, 1, after_ms - 1)) - now + fraction, 0)
  local held = after_fraction and tonumber(sub(stored, after_fraction + 1))
  if held and held > now then
    limit.held = held
  end
  local most = limit.emission * limit.burst + (limit.held and limit.held - now or 0)
  if limit.emission > 0 and limit.lead > most + RATE_TOLERANCE_MS then -- the rate has changed: this counts from now on
    limit.lead = most
    save_tat(name, limit)
  end
end

-- Reads what is not known yet of the keys in `names`, with three reads for all of them.
local function load_limits(names)
  local fields, unread, seen = {}, {}, {}
  for i = 1, #names, 2 do
    local name = names[i]
    if known[name] == nil and not seen[name] then
      seen[name] = true
      unread[#unread + 1] = name
      fields[#fields + 1] = '=' .. name
      fields[#fields + 1] = names[i + 1]
    end
  end
  if #unread == 0 then
    return
  end
  local configured, limited = hmget(P .. 'limits', fields), {}
  for i, name in ipairs(unread) do
    local own, default = configured[2 * i - 1], configured[2 * i]
    known[name] = (own or default) and limit_of(own, default) or false
    if known[name] then
      limited[#limited + 1] = name
    end
  end
  if #limited == 0 then
    return
  end
  local tats, active = hmget(P .. 'tats', limited), hmget(P .. 'active', limited)
  for i, name in ipairs(limited) do
    local limit = known[name]
    if tats[i] then
      read_tat(name, limit, tats[i])
    end
    limit.active = tonumber(active[i] or '0')
    if limit.ordered then
      limit.turn = redis.call('HGET', P .. 'turns', name) or nil
    end
  end
end

-- How many starts a rate lets on at once, and when the next one is let on.
local function free_of_rate(limit)
  if limit.held then
    return 0, limit.held
  elseif limit.emission == 0 then
    return math.huge, now
  end
  local emission, budget = limit.emission, limit.emission * limit.burst
  return math.max(0, math.floor((budget - limit.lead + RATE_TOLERANCE_MS) / emission)),
    now + math.ceil(limit.lead + emission - budget - RATE_TOLERANCE_MS / 2)
end

-- How many of `want` runs may start; where none may: the time to look again, or the key whose slot is missing. `list` is the
-- key of the lane's list.
local function allowance(names, want, list)
  local allowed, wake_at, missing, weight = want, nil, nil, 1
  for i = 1, #names, 2 do
    local limit = known[names[i]]
    if limit then
      local free, at = free_of_rate(limit)
      if free == 0 then
        wake_at = math.max(wake_at or 0, at)
      end
      if limit.slots and limit.slots - limit.active <= 0 then
        free, missing = 0, missing or names[i]
      elseif limit.slots then
        free = math.min(free, limit.slots - limit.active)
      end
      if limit.ordered then
        free = math.min(free, 1)
        if limit.turn and limit.turn ~= redis.call('LINDEX', list, 0) then
          free, missing = 0, missing or names[i]
        end
      end
      weight = math.max(weight, limit.weight)
      allowed = math.min(allowed, free)
    end
  end
  return allowed, weight, wake_at, missing
end

local function spend(names, ids)
  for i = 1, #names, 2 do
    local limit = known[names[i]]
    if limit then
      limit.lead = limit.lead + #ids * limit.emission
      limit.active = limit.active + #ids
      limit.is_changed = true
      if limit.ordered then
        limit.turn = ids[1]
      end
    end
  end
end

-- A paused queue, or one whose own limit lets nothing on, would keep what is handed to its lanes.
local function takes_runs(queue)
  local name = 'queue:' .. queue
  load_limits({ name, name })
  local limit = known[name]
  local has_room = not limit or (free_of_rate(limit) > 0 and (not limit.slots or limit.slots > limit.active))
  return has_room and redis.call('SISMEMBER', P .. 'paused_queues', queue) == 0
end

-- Opens up to `count` lanes that wait for a slot of a key. One that is open already, or is empty by now, needs none.
local function wake(name, count)
  local list = P .. 'blocked:' .. name
  while count > 0 do
    local member = redis.call('ZPOPMIN', list)[1]
    if not member then
      redis.call('SREM', P .. 'blocked_keys', name)
      return
    end
    local queue, lane = string.match(member, '^(%S+) (.*)$')
    local is_new = redis.call('EXISTS', lane_key(queue, lane)) == 1 and open_lane(queue, lane)
    if is_new and takes_runs(queue) then
      count = count - 1
    end
  end
end

-- A lane that has just been told to wait for this key must find no room here, or it would be woken for ever.
local function room_for(limit)
  local room = limit.slots and math.max(limit.slots - limit.active, 0) or (limit.ordered and 1 or 0)
  if limit.ordered then
    return limit.turn and 0 or math.min(room, 1)
  end
  return room
end

local function hand_on(names)
  if not any_waiting() then
    return
  end
  for i = 1, #names, 2 do
    local limit = known[names[i]]
    local room = limit and room_for(limit) or 0
    if room > 0 then
      wake(names[i], room)
    end
  end
end

local function wait_for_slot(queue, lane, name)
  redis.call('ZADD', P .. 'blocked:' .. name, 'NX', now, queue .. ' ' .. lane)
  redis.call('SADD', P .. 'blocked_keys', name)
  waiting = true
end

-- A run that was taken off its lane turns out to be gone: it used no slot and no start.
local function give_back(queue, lane, id)
  local names = names_within(queue, lane)
  for i = 1, #names, 2 do
    local limit = known[names[i]]
    if limit then
      limit.active = limit.active - 1
      limit.lead = math.max(limit.lead - limit.emission, 0)
      if limit.turn == id then
        limit.turn = nil
      end
    end
  end
  hand_on(names)
end

-- Writes what this call has spent.
local function save_limits()
  local tats, active, turns, gone = {}, {}, {}, {}
  for name, limit in pairs(known) do
    if limit and limit.is_changed then
      if limit.emission > 0 then
        tats[#tats + 1] = name
        tats[#tats + 1] = tat_of(limit)
      end
      if limit.slots and limit.active > 0 then
        active[#active + 1] = name
        active[#active + 1] = text(limit.active)
      elseif limit.slots then
        gone[#gone + 1] = name
      end
      if limit.turn then
        turns[#turns + 1] = name
        turns[#turns + 1] = limit.turn
      end
    end
  end
  put_in_table('HSET', P .. 'tats', tats)
  put_in_table('HSET', P .. 'active', active)
  call_with('HDEL', P .. 'active', gone)
  call_with('HSET', P .. 'turns', turns)
end

-- Nothing of a key starts before `held`; then its rate goes on without a burst.
local function hold_key(name, default, hold_ms)
  load_limits({ name, default })
  if not known[name] then -- goes again when the hold is over, see prune_limits
    redis.call('HSET', P .. 'limits', default, OPEN_LIMIT)
    known[name] = read_limit(OPEN_LIMIT)
  end
  local limit = known[name]
  limit.held = math.max(limit.held or 0, now + hold_ms)
  limit.lead = math.max(limit.lead, limit.held - now + limit.emission * math.max(limit.burst - 1, 0))
  save_tat(name, limit)
  return limit.held
end
