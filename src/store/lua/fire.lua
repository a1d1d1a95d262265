-- fire: commits a leader's plan, schedule by schedule: run created, fire time marked, cursor moved, in one step.
-- KEYS: 1 prefix
-- ARGV: 1 clock, 2 epoch, 3 ledger count per job, 4 freezes JSON as it was read or "", 5 history count, 6 history bytes,
--       7 places n, 8 entries m, then n times: job, queue, lane, head of a packed run;
--       then m times: id, expected head, new head, new due ms or "", verdicts "<text>;<text>" or "", place 1..n,
--       fire time to make a ready run for or "", payload
--       (a head is the stored schedule up to its rule: "<revision>[p] <next> <last>[#<made>] <others> ");
--       then what few entries have, four values each: number of the entry 1..m, word, and two values:
--         hold | cancel | terminate: fire time, payload: a run that minds the live ones (see _overlap)
--         follow: fire time: the end of that run sets the next fire time
--         catch-up: id, stored backfill: missed fire times to be released
--         pause: note JSON; forget: it goes on; delete: the schedule goes
-- Answers: "fenced" or a string with one character per entry: "1" committed, "0" stale (changed since it was read),
--       "u" committed without its run, which is recorded as skipped: another run has its unique key
-- include: _leader _live _limits _holds _settle _overlap _unique
if is_fenced() then
  return 'fenced'
end
local place_count, count = tonumber(ARGV[7]), tonumber(ARGV[8])
if (redis.call('GET', P .. 'freezes') or '') ~= ARGV[4] then
  return string.rep('0', count)
end
local first = 9 + 4 * place_count
local places = {}
for i = 1, place_count do
  local at = 9 + 4 * (i - 1)
  places[i] = { job = ARGV[at], queue = ARGV[at + 1], lane = ARGV[at + 2], head = ARGV[at + 3], ready = {}, ledger = {} }
  places[i].has_extras = string.find(ARGV[at + 3], '^%S+ %S+ %d%+')
  places[i].field = unique_field(ARGV[at], extras_of('0 ' .. ARGV[at + 3] .. ' ') or '')
end
local ids, answers = {}, {}
for i = 1, count do
  ids[i] = ARGV[first + 8 * (i - 1)]
end
local values = hmget(P .. 'schedules', ids)
local heads, due, gone, runs = {}, {}, {}, {}

local function note_verdicts(ledger, id, verdicts)
  if not string.find(verdicts, ';', 1, true) then
    if verdicts ~= '' then
      ledger[#ledger + 1] = id .. ' ' .. verdicts
    end
    return
  end
  for verdict in string.gmatch(verdicts, '[^;]+') do
    ledger[#ledger + 1] = id .. ' ' .. verdict
  end
end

-- Runs that begin beside others of their schedule, by the number of their entry.
local BESIDE, beside = { hold = true, cancel = true, terminate = true }, {}
for at = first + 8 * count, #ARGV, 4 do
  if BESIDE[ARGV[at + 1]] then
    beside[tonumber(ARGV[at])] = ARGV[at + 2]
  end
end

-- The run that keeps another one from being made. One of the same schedule does not where the overlap policy deals with it.
local taken = {}
local function keeper_of(i, field)
  local holder = taken[field] or holder_of(field)
  return holder and not (beside[i] and string.sub(holder, 1, #ids[i] + 1) == ids[i] .. '@') and holder or nil
end

local function skip_verdict(verdicts, fire_time, holder)
  local parts = {}
  for verdict in string.gmatch(verdicts, '[^;]+') do
    local is_of_run = string.match(verdict, '^%S+ (%S+)') == fire_time
    parts[#parts + 1] = is_of_run and 'skipped(overlap) ' .. fire_time .. ' =' .. holder or verdict
  end
  return table.concat(parts, ';')
end

for i = 1, count do
  local at = first + 8 * (i - 1)
  local id, expected = ids[i], ARGV[at + 1]
  if not values[i] or string.sub(values[i], 1, #expected) ~= expected then
    answers[i] = '0'
  else
    answers[i] = '1'
    heads[#heads + 1] = id
    heads[#heads + 1] = ARGV[at + 2] .. string.sub(values[i], #expected + 1)
    if ARGV[at + 3] == '' then
      gone[#gone + 1] = id
    else
      due[#due + 1] = ARGV[at + 3]
      due[#due + 1] = id
    end
    local place, fire_time, verdicts = places[tonumber(ARGV[at + 5])], ARGV[at + 6], ARGV[at + 4]
    local made = beside[i] or fire_time ~= '' and fire_time
    local keeper = made and place.field and keeper_of(i, place.field)
    if keeper then
      answers[i], verdicts, fire_time = 'u', skip_verdict(verdicts, made, keeper), ''
    elseif made and place.field then
      taken[place.field] = id .. '@' .. made
      take_key(place.field, id .. '@' .. made)
    end
    note_verdicts(place.ledger, id, verdicts)
    if fire_time ~= '' then
      local run = id .. '@' .. fire_time
      runs[#runs + 1] = run
      runs[#runs + 1] = fire_time .. ' ' .. place.head .. ARGV[at + 7]
      place.ready[#place.ready + 1] = run
      if place.has_extras then
        watch_bounds(run, runs[#runs])
      end
    end
  end
end
call_with('HSET', P .. 'schedules', heads)
call_with('ZREM', P .. 'due', gone)
call_with('ZADD', P .. 'due', due)
put_in_table('HSET', P .. 'runs', runs)
for _, place in ipairs(places) do
  if #place.ready > 0 then
    redis.call('SADD', P .. 'queues', place.queue)
    push_ready(place.queue, place.lane, place.ready)
  end
  if #place.ledger > 0 then
    call_with('LPUSH', P .. 'ledger:' .. place.job, place.ledger)
    redis.call('LTRIM', P .. 'ledger:' .. place.job, 0, tonumber(ARGV[3]) - 1)
  end
end

local function begin_beside(how, i, fire_time, payload)
  local at = first + 8 * (i - 1)
  local place = places[tonumber(ARGV[at + 5])]
  local _, last, others = string.match(ARGV[at + 1], HEAD)
  local live = split(live_runs(ids[i], last, others))
  begin_run(how, ids[i] .. '@' .. fire_time, fire_time .. ' ' .. place.head .. payload, live,
    { count = tonumber(ARGV[5]), bytes = tonumber(ARGV[6]) })
end

local apply = {
  hold = function(i, fire_time, payload)
    begin_beside('hold', i, fire_time, payload)
  end,
  cancel = function(i, fire_time, payload)
    begin_beside('cancel', i, fire_time, payload)
  end,
  terminate = function(i, fire_time, payload)
    begin_beside('terminate', i, fire_time, payload)
  end,
  follow = function(i, fire_time)
    local run = ids[i] .. '@' .. fire_time
    local held = follower_of(run)
    set_follower(run, held, ids[i])
  end,
  ['catch-up'] = function(_, id, backfill)
    if redis.call('HSETNX', P .. 'backfills', id, backfill) == 1 then
      redis.call('ZADD', P .. 'backfill_due', now, id)
    end
  end,
  pause = function(i, note)
    redis.call('HSET', P .. 'paused', ids[i], note)
  end,
  forget = function(i)
    redis.call('HDEL', P .. 'paused', ids[i])
    redis.call('HDEL', P .. 'failing', ids[i]) -- else the next tick would pause it again
  end,
  delete = function(i)
    for _, key in ipairs({ 'schedules', 'paused', 'failing', 'quarantined' }) do
      redis.call('HDEL', P .. key, ids[i])
    end
    redis.call('ZREM', P .. 'due', ids[i])
  end,
}
for at = first + 8 * count, #ARGV, 4 do
  local i = tonumber(ARGV[at])
  if answers[i] == 'u' and ARGV[at + 1] == 'follow' then
    begin_delay(ids[i]) -- there is no run whose end it could wait for
  elseif answers[i] == '1' or answers[i] == 'u' and not BESIDE[ARGV[at + 1]] then
    apply[ARGV[at + 1]](i, ARGV[at + 2], ARGV[at + 3])
  end
end
return table.concat(answers)
