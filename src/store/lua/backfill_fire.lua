-- backfill_fire: releases fire times of backfills as planned, each only if the backfill, its schedule and the freezes still
-- are as they were read: runs created, verdicts written, cursor moved, in one step.
-- KEYS: 1 prefix
-- ARGV: 1 clock, 2 epoch, 3 ledger count per job, 4 freezes JSON as it was read or "",
--       5.. entries: id, stored value as read, new value or "" (done), due ms, schedule, what the stored schedule must begin
--       with or "" (it must be gone), job, queue, lane, head of a packed run, verdicts "<text>;<text>" or "",
--       "noted" (the schedule's overlap policy counts the runs) or "apart", end of the run ids, payload, n, n fire times
-- Answers: "fenced" or a string with one character per entry: "1" committed, "0" stale
-- include: _leader _live
if is_fenced() then
  return 'fenced'
end
local is_frozen_since = (redis.call('GET', P .. 'freezes') or '') ~= ARGV[4]

local function is_stale(at)
  if is_frozen_since or redis.call('HGET', P .. 'backfills', ARGV[at]) ~= ARGV[at + 1] then
    return true
  end
  local value, expected = redis.call('HGET', P .. 'schedules', ARGV[at + 4]), ARGV[at + 5]
  if expected == '' then
    return value and true or false
  end
  return not value or string.sub(value, 1, #expected) ~= expected
end

-- A run that is there already was released before a failover that lost the cursor.
local function make_runs(at)
  local schedule, queue, lane, head = ARGV[at + 4], ARGV[at + 7], ARGV[at + 8], ARGV[at + 9]
  local suffix, payload = ARGV[at + 12], ARGV[at + 13]
  local made, packed = {}, {}
  for i = at + 15, at + 14 + tonumber(ARGV[at + 14]) do
    local run = schedule .. '@' .. ARGV[i] .. suffix
    if not is_live(run) then
      made[#made + 1] = run
      packed[#packed + 1] = run
      packed[#packed + 1] = ARGV[i] .. ' ' .. head .. payload
    end
  end
  if #made > 0 then
    redis.call('SADD', P .. 'queues', queue)
    call_with('HSET', P .. 'runs', packed)
    push_ready(queue, lane, made)
  end
  return made
end

local function note_runs(schedule, made)
  local value = redis.call('HGET', P .. 'schedules', schedule) or ''
  local _, last, others = string.match(value, HEAD)
  if #made == 0 or not others then
    return
  end
  local noted = split(live_runs(schedule, '-', others))
  for _, run in ipairs(made) do
    noted[#noted + 1] = run
  end
  local prefix, from = string.match(value, '^(%S+ %S+ %S+ )%S+()')
  redis.call('HSET', P .. 'schedules', schedule, prefix .. table.concat(noted, ',') .. string.sub(value, from))
end

local function keep_verdicts(ledger, schedule, verdicts)
  for verdict in string.gmatch(verdicts, '[^;]+') do
    redis.call('LPUSH', ledger, schedule .. ' ' .. verdict)
  end
  redis.call('LTRIM', ledger, 0, tonumber(ARGV[3]) - 1)
end

local answers, at = {}, 5
while ARGV[at] do
  if is_stale(at) then
    answers[#answers + 1] = '0'
  else
    answers[#answers + 1] = '1'
    local made = make_runs(at)
    if ARGV[at + 11] == 'noted' then
      note_runs(ARGV[at + 4], made)
    end
    keep_verdicts(P .. 'ledger:' .. ARGV[at + 6], ARGV[at + 4], ARGV[at + 10])
    if ARGV[at + 2] == '' then
      redis.call('HDEL', P .. 'backfills', ARGV[at])
      redis.call('ZREM', P .. 'backfill_due', ARGV[at])
    else
      redis.call('HSET', P .. 'backfills', ARGV[at], ARGV[at + 2])
      redis.call('ZADD', P .. 'backfill_due', ARGV[at + 3], ARGV[at])
    end
  end
  at = at + 15 + tonumber(ARGV[at + 14])
end
return table.concat(answers)
