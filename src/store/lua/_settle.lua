-- _settle: ends attempts. Used by settle (a worker's) and reap (the leader's, for expired leases).
-- KEYS: none of its own
-- ARGV: none of its own; an entry is five values: id, token, outcome, detail, body
--   outcome: succeeded | dead | cancelled (detail: "logs" or ""; body: JSON kept with the run)
--            retrying (detail: "<delay ms> <attempts> <failures> <crashes>"; body: JSON of the error)
--            released (handed back, uncounted; goes to the front of its lane)
-- Answers: a string with one character per entry: "1" settled, "0" fenced (another holds the run, or nobody).

local function forget_logs(records, ids)
  for i = 1, #ids do
    if records[i] and string.find(records[i], '^%S+ %S+ %S+ %S+ logs ') then
      redis.call('UNLINK', P .. 'log:' .. ids[i])
    end
  end
end

-- Finished runs of a job are kept by count and by bytes (and by age, see prune_history); the oldest go first.
local function keep_history(job, ids, added, keep)
  local list = P .. 'history:' .. job
  call_with('LPUSH', list, ids)
  local length = redis.call('LLEN', list)
  local bytes = redis.call('HINCRBY', P .. 'history_bytes', job, added)
  local freed = 0
  while length > keep.count or (bytes - freed > keep.bytes and length > 0) do
    local drop = math.min(CHUNK, math.max(length - keep.count, 1))
    local old = redis.call('RPOP', list, drop)
    local records = hmget(P .. 'done', old)
    for i = 1, #old do
      freed = freed + (records[i] and #records[i] or 0)
    end
    forget_logs(records, old)
    redis.call('HDEL', P .. 'done', unpack(old))
    length = length - #old
  end
  if freed > 0 then
    redis.call('HINCRBY', P .. 'history_bytes', job, -freed)
  end
end

-- Record of a finished run: "<outcome> <finished> <started> <worker> <logs|-> <body bytes> <body><packed run>".
local function finish(final, keep)
  local raw = hmget(P .. 'runs', final.ids)
  local records, jobs, stats, dead = {}, {}, {}, {}
  for i, id in ipairs(final.ids) do
    local packed = raw[i] or ''
    local outcome, worker, started = final.outcomes[i], final.workers[i], final.started[i]
    local body = final.bodies[i]
    local logs = final.details[i] == 'logs' and 'logs' or '-'
    local record = outcome .. ' ' .. now .. ' ' .. started .. ' ' .. worker .. ' ' .. logs .. ' ' .. #body .. ' ' .. body .. packed
    records[2 * i - 1] = id
    records[2 * i] = record
    local job = string.match(packed, '^%S+ (%S+)') or '?'
    if outcome == 'dead' then
      dead[#dead + 1] = now
      dead[#dead + 1] = id
      redis.call('HINCRBY', P .. 'job_stats', job .. '|streak', 1)
      stats[job .. '|failure'] = now
    else
      local group = jobs[job]
      if not group then
        group = { ids = {}, bytes = 0 }
        jobs[job] = group
      end
      group.ids[#group.ids + 1] = id
      group.bytes = group.bytes + #record
      if outcome == 'succeeded' then
        stats[job .. '|success'] = now
        stats[job .. '|streak'] = 0
      end
    end
    if started ~= '0' then
      stats[job .. '|start'] = started
    end
  end
  call_with('HSET', P .. 'done', records)
  call_with('HDEL', P .. 'runs', final.ids)
  call_with('HDEL', P .. 'errors', final.ids)
  call_with('HDEL', P .. 'cancels', final.ids)
  call_with('HDEL', P .. 'progress', final.ids)
  call_with('ZADD', P .. 'dead', dead)
  local flat = {}
  for field, value in pairs(stats) do
    flat[#flat + 1] = field
    flat[#flat + 1] = value
  end
  call_with('HSET', P .. 'job_stats', flat)
  for job, group in pairs(jobs) do
    keep_history(job, group.ids, group.bytes, keep)
  end
end

local function retry(id, detail, body)
  local delay, counts = string.match(detail, '^(%d+) (%d+ %d+ %d+)$')
  local packed = redis.call('HGET', P .. 'runs', id)
  if not packed then
    return
  end
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

local function release(id)
  local packed = redis.call('HGET', P .. 'runs', id)
  if packed then
    local queue, lane = place_of(packed)
    push_front(queue, lane, id)
  end
end

-- `may_settle(i, id)` is the script's own condition beside the token's.
local function settle(from, count, keep, may_settle)
  local ids = {}
  for i = 1, count do
    ids[i] = ARGV[from + 5 * (i - 1)]
  end
  local holders = hmget(P .. 'running', ids)
  local answers, settled = {}, {}
  local final = { ids = {}, outcomes = {}, details = {}, bodies = {}, workers = {}, started = {} }
  local later = {}
  for i = 1, count do
    local at = from + 5 * (i - 1)
    local id, token, outcome = ids[i], ARGV[at + 1], ARGV[at + 2]
    local held, worker, started = string.match(holders[i] or '', '^(%S+) (%S+) (%S+)$')
    if held ~= token or not may_settle(id) then
      answers[i] = '0'
    else
      answers[i] = '1'
      settled[#settled + 1] = id
      if outcome == 'retrying' or outcome == 'released' then
        later[#later + 1] = at
      else
        local n = #final.ids + 1
        final.ids[n], final.outcomes[n], final.details[n] = id, outcome, ARGV[at + 3]
        final.bodies[n], final.workers[n], final.started[n] = ARGV[at + 4], worker, started
      end
    end
  end
  call_with('HDEL', P .. 'running', settled)
  call_with('ZREM', P .. 'leases', settled)
  if #final.ids > 0 then
    finish(final, keep)
  end
  for _, at in ipairs(later) do
    if ARGV[at + 2] == 'retrying' then
      retry(ARGV[at], ARGV[at + 3], ARGV[at + 4])
    else
      release(ARGV[at])
    end
  end
  return table.concat(answers)
end
