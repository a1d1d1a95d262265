-- trigger: makes a run of a schedule by hand, noted in the schedule so that its overlap policy counts it.
-- KEYS: 1 prefix
-- ARGV: 1 clock, 2 schedule, 3 overlap policy: allow | skip | buffer-one | buffer-all | cancel | terminate, 4 queue, 5 lane,
--       6 run id, 7 packed run without its fire time, 8 history count, 9 history bytes (of runs that the policy ends)
-- Answers: { "triggered" } | { "held", ids of the runs that it waits for } | { "overlap", id of the live run, or of the one that has its unique key } | { "gone" }
-- include: _live _limits _holds _settle _overlap _unique
local MAX_HELD, MAX_NOTED = 1000, 1200
local HOW = { skip = 'ready', allow = 'ready', cancel = 'cancel', terminate = 'terminate' }
local id, policy, run = ARGV[2], ARGV[3], ARGV[6]
local value = redis.call('HGET', P .. 'schedules', id) or ''
local _, last, others = string.match(value, HEAD)
if not others then -- gone, or damaged: the leader will take it out
  return { 'gone' }
end
local scheduled = id .. '@' .. last
local live = split(live_runs(id, last, others))
if #live > 0 then
  local held = string.sub(policy, 1, 6) == 'buffer' and count_held(live) or 0
  if policy == 'skip' or (policy == 'buffer-one' and held > 0) or held >= MAX_HELD then
    return { 'overlap', live[#live] == scheduled and scheduled or live[1] }
  end
end
local how = HOW[policy] or 'hold'
local _, _, job = place_of('0 ' .. ARGV[7])
local field = unique_field(job, extras_of('0 ' .. ARGV[7]) or '')
local holder = field and holder_of(field)
local is_own = false
for i = 1, #live do
  is_own = is_own or live[i] == holder
end
if holder and (how == 'ready' or not is_own) then -- what its overlap policy deals with comes first or makes way
  return { 'overlap', holder }
end
local behind = begin_run(how, run, now_text .. ' ' .. ARGV[7], live,
  { count = tonumber(ARGV[8]), bytes = tonumber(ARGV[9]) })

if field then
  take_key(field, run)
end

-- Ended runs leave the note here; the scheduled one is known by its fire time.
local noted = {}
for i = math.max(1, #live - MAX_NOTED + 2), #live do
  if live[i] ~= scheduled and is_live(live[i]) then
    noted[#noted + 1] = live[i]
  end
end
noted[#noted + 1] = run
local prefix, from = string.match(value, '^(%S+ %S+ %S+ )%S+()')
redis.call('HSET', P .. 'schedules', id, prefix .. table.concat(noted, ',') .. string.sub(value, from))
if #behind > 0 then
  return { 'held', unpack(behind) }
end
return { 'triggered' }
