-- _slots: gives back what runs hold of their keys, as attempts and runs end. Goes before _settle.
-- include: _limits
-- KEYS: none of its own
-- ARGV: none of its own
-- Answers: nothing; it only defines names.

-- Gives the slots of ended attempts back and wakes the lanes that wait for them. A run that comes again keeps its turn; one
-- that is gone (false) has none.
local function free_slots(packed_runs)
  if #packed_runs == 0 or redis.call('EXISTS', P .. 'active') == 0 then
    return
  end
  local ended, order = {}, {}
  for i = 1, #packed_runs do
    local place = packed_runs[i] and find_place(packed_runs[i])
    if place then
      order[#order + 1] = not ended[place] and place or nil
      ended[place] = (ended[place] or 0) + 1
    end
  end
  local counts, names = {}, {}
  local function count_ends(name, count)
    names[#names + 1] = not counts[name] and name or nil
    counts[name] = (counts[name] or 0) + count
  end
  for _, place in ipairs(order) do
    count_ends('queue:' .. place.queue, ended[place])
    local keys = names_of(place.lane)
    for i = 1, #keys, 2 do
      count_ends(keys[i], ended[place])
    end
  end
  local active, kept, gone = hmget(P .. 'active', names), {}, {}
  for i, name in ipairs(names) do
    if active[i] then
      local left = tonumber(active[i]) - counts[name]
      if left > 0 then
        kept[#kept + 1] = name
        kept[#kept + 1] = text(left)
      else
        gone[#gone + 1] = name
      end
      if known[name] then
        known[name].active = math.max(left, 0)
      end
    end
  end
  put_in_table('HSET', P .. 'active', kept)
  call_with('HDEL', P .. 'active', gone)
  for i, name in ipairs(names) do
    if active[i] then
      if string.sub(name, 1, 6) == 'queue:' then
        ring(name)
      elseif any_waiting() then
        wake(name, counts[name])
      end
    end
  end
end

-- Runs that are over, whatever state they were in, give up their turns.
local function end_turns(ids, packed_runs)
  if redis.call('EXISTS', P .. 'turns') == 0 then
    return
  end
  for i = 1, #ids do
    local packed = packed_runs[i]
    if packed and string.find(packed, '^%S+ %S+ %S+ %d%+?|') then
      local _, lane = place_of(packed)
      local name = ordered_key(lane, ids[i])
      while name do -- as many as its jobs' files make ordered
        redis.call('HDEL', P .. 'turns', name)
        if known[name] then
          known[name].turn = nil
        end
        wake(name, 1)
        name = ordered_key(lane, ids[i])
      end
    end
  end
end
