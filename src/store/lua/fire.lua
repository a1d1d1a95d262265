-- fire: commits a leader's plan, schedule by schedule: run created, fire time marked, cursor moved, in one step.
-- KEYS: 1 prefix
-- ARGV: 1 clock, 2 epoch, 3 ledger count per job, 4 places n, then n times: job, queue, lane, head of a packed run;
--       then entries of eight values: id, expected head, new head, new due ms or "", verdicts "<text>;<text>", place 1..n,
--       fire time to make a run for or "", payload
--       (a head is the stored schedule up to its rule: "<revision> <next> <last> <manual> ")
-- Answers: "fenced" or a string with one character per entry: "1" committed, "0" stale (changed since it was read)
-- include: _leader
if is_fenced() then
  return 'fenced'
end
local places = {}
local first = 5
for i = 1, tonumber(ARGV[4]) do
  places[i] = { job = ARGV[first], queue = ARGV[first + 1], lane = ARGV[first + 2], head = ARGV[first + 3], ready = {}, ledger = {} }
  first = first + 4
end
local ids, answers = {}, {}
for at = first, #ARGV, 8 do
  ids[#ids + 1] = ARGV[at]
end
local values = hmget(P .. 'schedules', ids)
local heads, due, gone, runs = {}, {}, {}, {}

local function note_verdicts(ledger, id, verdicts)
  if not string.find(verdicts, ';', 1, true) then
    ledger[#ledger + 1] = id .. ' ' .. verdicts
    return
  end
  for verdict in string.gmatch(verdicts, '[^;]+') do
    ledger[#ledger + 1] = id .. ' ' .. verdict
  end
end

for i = 1, #ids do
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
    local place, fire_time = places[tonumber(ARGV[at + 5])], ARGV[at + 6]
    note_verdicts(place.ledger, id, ARGV[at + 4])
    if fire_time ~= '' then
      local run = id .. '@' .. fire_time
      runs[#runs + 1] = run
      runs[#runs + 1] = fire_time .. ' ' .. place.head .. ARGV[at + 7]
      place.ready[#place.ready + 1] = run
    end
  end
end
call_with('HSET', P .. 'schedules', heads)
call_with('ZREM', P .. 'due', gone)
call_with('ZADD', P .. 'due', due)
call_with('HSET', P .. 'runs', runs)
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
return table.concat(answers)
