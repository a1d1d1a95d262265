-- _settle: ends attempts. Used by settle (a worker's) and reap (the leader's, for expired leases). Needs _limits and _holds before it.
-- include: _slots _starts _ends _extras _children
-- KEYS: none of its own
-- ARGV: none of its own; an entry is five values: id, token, outcome, detail, body
--   outcome: succeeded | dead | cancelled (detail: "logs" or ""; body: JSON kept with the run)
--            retrying (detail: "<delay ms> <attempts> <failures> <crashes>"; body: JSON of the error)
--            released (handed back, uncounted; goes to the front of its lane; detail: "" or, where its partner has refused
--              it, the key that is held until the partner takes more: "<hold ms> <default's name> <key>")
--            snoozed (put off by its handler, uncounted; detail: the delay in ms)
--            spawned (done but for its children; detail and body: see await_children)
-- Answers: a string with one character per entry: "1" settled, "0" fenced (another holds the run, or nobody).

local LOGGED = string.byte('L')

-- Record of a finished run: "<L|-> <id> <outcome> <finished> <worker> <started> <body bytes> <body><packed run>"; L: it
-- has a log. A record is kept in the list of its job alone: a hash entry beside it would cost four times as much.
local function forget_log(record)
  if string.byte(record) == LOGGED then
    redis.call('UNLINK', P .. 'log:' .. string.match(record, '^L (%S+)'))
  end
end

-- Finished runs of a job are kept by count and by bytes (and by age, see prune_history); the oldest go first.
local function keep_history(job, records, added, keep)
  local list = P .. 'history:' .. job
  call_with('LPUSH', list, records)
  local length = redis.call('LLEN', list)
  local bytes = redis.call('HINCRBY', P .. 'history_bytes', job, text(added))
  local freed = 0
  while length > keep.count or (bytes - freed > keep.bytes and length > 0) do
    local old = redis.call('RPOP', list, text(math.min(CHUNK, math.max(length - keep.count, 1))))
    for i = 1, #old do
      freed = freed + #old[i]
      forget_log(old[i])
    end
    length = length - #old
  end
  if freed > 0 then
    redis.call('HINCRBY', P .. 'history_bytes', job, text(-freed))
  end
end

local function group_of(groups, job)
  local group = groups[job]
  if not group then
    group = { records = {}, count = 0, bytes = 0 }
    groups[job] = group
  end
  return group
end

-- What a job is known by: its last success and failure (its last start is noted by the claim), and how many dead letters in a row.
local function keep_stats(stats, dead_jobs)
  for job, count in pairs(dead_jobs) do
    redis.call('HINCRBY', P .. 'job_stats', job .. '|streak', count)
  end
  local flat = {}
  for field, value in pairs(stats) do
    flat[#flat + 1] = field
    flat[#flat + 1] = value
  end
  call_with('HSET', P .. 'job_stats', flat)
end

-- A dead letter keeps what its attempts have noted, for the run that it may be made into; it is kept as long as the letter.
local NOTES_KEEP_MS = '2592000000'

local function end_notes(id, outcome, extras)
  if not string.find(';' .. extras, ';n=', 1, true) then
    return
  elseif outcome == 'dead' then
    redis.call('PEXPIRE', P .. 'notes:' .. id, NOTES_KEEP_MS)
  else
    redis.call('UNLINK', P .. 'notes:' .. id)
  end
end

-- Bodies are of few sizes; a text is made once for each.
local size_texts = {
  __index = function(sizes, size)
    sizes[size] = text(size)
    return sizes[size]
  end,
}

-- `final`: lists of one value per run: ids, outcomes, details, bodies, holders, and packed where the caller has read it.
function finish(final, keep) -- the local of _holds, which ends runs too
  local raw = final.packed or hmget(P .. 'runs', final.ids)
  local groups, stats, dead, letters, dead_jobs = {}, {}, {}, {}, {}
  local kin = {} -- those that somebody may wait for
  local ids, outcomes, details, bodies, holders = final.ids, final.outcomes, final.details, final.bodies, final.holders
  local sizes = setmetatable({}, size_texts)
  for i = 1, #ids do
    local id, packed, outcome, body, detail = ids[i], raw[i] or '', outcomes[i], bodies[i], details[i]
    local flag = detail == 'logs' and 'L ' or '- '
    local record = flag .. id .. ' ' .. outcome .. ' ' .. now_text .. ' ' .. holders[i] .. ' ' .. sizes[#body] .. ' ' .. body .. packed
    local job = match(packed, '^%S+ (%S+)') or '?'
    local extras = extras_of(packed)
    if extras then
      end_notes(id, outcome, extras)
      forget_start(id, job, extras)
      kin[#kin + 1] = i
    end
    if detail == 'deleted' then -- nothing is kept of it
      redis.call('UNLINK', P .. 'log:' .. id)
    elseif outcome == 'dead' then
      dead[#dead + 1] = now_text
      dead[#dead + 1] = id
      letters[#letters + 1] = id
      letters[#letters + 1] = record
      dead_jobs[job] = (dead_jobs[job] or 0) + 1
      stats[job .. '|failure'] = now_text
    else
      local group = group_of(groups, job)
      group.count = group.count + 1
      group.records[group.count] = record
      group.bytes = group.bytes + #record
      group.succeeded = group.succeeded or outcome == 'succeeded'
    end
  end
  for job, group in pairs(groups) do
    if group.succeeded then
      stats[job .. '|success'] = now_text
      stats[job .. '|streak'] = '0'
    end
  end
  call_with('HDEL', P .. 'runs', final.ids)
  if redis.call('EXISTS', P .. 'errors', P .. 'cancels', P .. 'progress') > 0 then
    call_with('HDEL', P .. 'errors', final.ids)
    call_with('HDEL', P .. 'cancels', final.ids)
    call_with('HDEL', P .. 'progress', final.ids)
  end
  call_with('HSET', P .. 'letters', letters)
  call_with('ZADD', P .. 'dead', dead)
  keep_stats(stats, dead_jobs)
  for job, group in pairs(groups) do
    keep_history(job, group.records, group.bytes, keep)
  end
  end_turns(final.ids, raw)
  if #kin > 0 then
    tell_kin(kin, raw, final)
  end
  if after_ends(final.ids, final.outcomes, #letters, keep) then
    tell_dependents(raw, final.outcomes)
  end
end

-- Runs that nobody may start any more.
local function end_expired(ids, packed, keep)
  local final = { ids = ids, packed = packed, outcomes = {}, details = {}, bodies = {}, holders = {} }
  for i = 1, #ids do
    final.outcomes[i], final.details[i], final.holders[i] = 'cancelled', 'logs', '- 0'
    final.bodies[i] = expiry_body(packed[i])
  end
  finish(final, keep)
end

-- Takes a run that nobody works on from where it waits. In a long lane the id stays, and the claim drops it.
local function withdraw(id, packed)
  local queue, lane = place_of(packed)
  redis.call('ZREM', P .. 'delayed:' .. queue, id)
  if redis.call('LLEN', lane_key(queue, lane)) <= 10000 then
    redis.call('LREM', lane_key(queue, lane), 1, id)
  end
end

local function retry(id, packed, detail, body)
  local delay, counts = string.match(detail, '^(%d+) (%d+ %d+ %d+)$')
  local head, rest = string.match(packed, '^(%S+ %S+ %S+ %S+ %S+) %d+ %d+ %d+ (.*)$')
  redis.call('HSET', P .. 'runs', id, head .. ' ' .. counts .. ' ' .. rest)
  redis.call('HSET', P .. 'errors', id, body)
  local queue, lane = place_of(packed)
  if delay == '0' then
    push_front(queue, lane, id)
  else
    delay_run(queue, now + tonumber(delay), id)
  end
end

-- A partner's "not now" holds up the runs of one key and counts as no attempt; the run notes how often it was sent away.
local function hold_back(id, packed, detail)
  local hold_ms, default, name = string.match(detail, '^(%d+) (%S+) (%S+)$')
  hold_key(name, default, tonumber(hold_ms))
  redis.call('HSET', P .. 'runs', id, count_extra(packed, 'h'))
end

local function release(id, packed, detail)
  local queue, lane = place_of(packed)
  if detail ~= '' then
    hold_back(id, packed, detail)
  end
  push_front(queue, lane, id)
end

local function snooze(id, packed, delay)
  local count = string.match(raw_extra(extras_of(packed) or '', 'z') or '0', '^%d+')
  local noted = text(tonumber(count) + 1) .. '.' .. text(now + delay)
  redis.call('HSET', P .. 'runs', id, with_extra(without_extras(packed, 'z'), 'z', noted))
  delay_run(place_of(packed), now + delay, id)
end

-- Outcomes behind which the run goes on.
local AGAIN = { retrying = true, released = true, snoozed = true, spawned = true }

-- `again`: { where its entry begins in ARGV, packed run or false, holder }.
local function go_on(id, again)
  local at, packed = again.at, again.packed
  local outcome, detail = ARGV[at + 2], ARGV[at + 3]
  if not packed then
    return
  elseif outcome == 'retrying' then
    retry(id, packed, detail, ARGV[at + 4])
  elseif outcome == 'snoozed' then
    snooze(id, packed, tonumber(detail))
  elseif outcome == 'spawned' then
    await_children(id, packed, detail, ARGV[at + 4], again.holder)
  else
    release(id, packed, detail)
  end
end

-- `may_settle(id)` is the script's own condition beside the token's.
local function settle(from, count, keep, may_settle)
  local ids = {}
  for i = 1, count do
    ids[i] = ARGV[from + 5 * (i - 1)]
  end
  local running = hmget(P .. 'running', ids)
  local runs = hmget(P .. 'runs', ids)
  local answers, settled, packed, settled_count = {}, {}, {}, 0
  local final_ids, raw, outcomes, details, bodies, holders, n = {}, {}, {}, {}, {}, {}, 0
  local later = {}
  for i = 1, count do
    local at = from + 5 * (i - 1)
    local id, outcome = ids[i], ARGV[at + 2]
    local held, token = running[i] or '', ARGV[at + 1]
    if find(held, token .. ' ', 1, true) ~= 1 or not may_settle(id) then
      answers[i] = '0'
    else
      answers[i] = '1'
      local holder = string.sub(held, #token + 2)
      settled_count = settled_count + 1
      settled[settled_count], packed[settled_count] = id, runs[i]
      if AGAIN[outcome] and redis.call('HEXISTS', P .. 'cancels', id) == 0 then
        later[#later + 1] = { at = at, packed = runs[i], holder = holder }
      else -- no attempt follows a cancel, whatever became of the one that it found running
        n = n + 1
        final_ids[n], raw[n], outcomes[n] = id, runs[i], AGAIN[outcome] and 'cancelled' or outcome
        details[n] = AGAIN[outcome] and 'logs' or ARGV[at + 3]
        bodies[n], holders[n] = ARGV[at + 4], holder
      end
    end
  end
  call_with('HDEL', P .. 'running', settled)
  call_with('ZREM', P .. 'leases', settled)
  free_slots(packed)
  if n > 0 then
    finish({ ids = final_ids, packed = raw, outcomes = outcomes, details = details, bodies = bodies, holders = holders }, keep)
  end
  for _, again in ipairs(later) do
    go_on(ARGV[again.at], again)
  end
  return table.concat(answers)
end

-- Where the word comes from a script, a running attempt hears of it when its worker renews the lease.
local function cancel_run(id, keep)
  local packed = redis.call('HGET', P .. 'runs', id)
  if packed and redis.call('HEXISTS', P .. 'running', id) == 1 then
    redis.call('HSET', P .. 'cancels', id, '1')
  elseif packed then
    withdraw(id, packed)
    finish({ ids = { id }, outcomes = { 'cancelled' }, details = { 'logs' }, bodies = { '' }, holders = { '- 0' } }, keep)
  end
end
