-- _batches: runs that are counted together, and what follows when all of them are over. Needs _ends.
-- KEYS: none of its own
-- ARGV: none of its own
-- Answers: nothing; it only defines names.

-- `batch:ID`: total, succeeded, dead, cancelled; state: open | closed | cancelled | done; at, doneAt (ms); description;
-- failed: the first ids of runs that did not succeed; on_success, on_failed, on_complete: a callback
-- "<shard> <run> <queue> <lane> <given | summary> <packed, its payload left out for a summary>".
-- `members:ID`: "<shard> <first id> <count>" of each group that was added; `added:ID`: what tells calls that added from others.
local MOST_FAILED = 100

local function summary_of(id, fields)
  return string.format('{"batch":%s,"description":%s,"total":%d,"succeeded":%d,"dead":%d,"cancelled":%d}', cjson.encode(id),
    cjson.encode(fields.description or ''), fields.total, fields.succeeded, fields.dead, fields.cancelled)
end

local function call_back(callback, summary)
  local shard, run, queue, lane, kind, packed = string.match(callback, '^(%d+) (%S+) (%S+) (%S+) (%S+) (.*)$')
  make_run_on(shard, run, queue, lane, 0, kind == 'summary' and packed .. summary or packed)
end

local function read_batch(id)
  local flat, fields = redis.call('HGETALL', P .. 'batch:' .. id), {}
  for i = 1, #flat, 2 do
    fields[flat[i]] = flat[i + 1]
  end
  for _, count in ipairs({ 'total', 'succeeded', 'dead', 'cancelled' }) do
    fields[count] = tonumber(fields[count] or '0')
  end
  return fields
end

-- Nothing is added to a batch that is closed but by its own runs, of which none is left when all are over.
local function end_if_over(id)
  local batch = read_batch(id)
  local is_closed = batch.state == 'closed' or batch.state == 'cancelled'
  if not is_closed or batch.succeeded + batch.dead + batch.cancelled < batch.total then
    return
  end
  redis.call('HSET', P .. 'batch:' .. id, 'state', 'done', 'doneAt', now_text)
  redis.call('ZADD', P .. 'batches_done', now, id)
  redis.call('UNLINK', P .. 'members:' .. id, P .. 'added:' .. id)
  local summary = summary_of(id, batch)
  local verdict = batch.succeeded == batch.total and batch.on_success or batch.succeeded < batch.total and batch.on_failed
  if verdict then
    call_back(verdict, summary)
  end
  if batch.on_complete then
    call_back(batch.on_complete, summary)
  end
end

local function end_in_batch(id, succeeded, dead, cancelled, failed)
  local key = P .. 'batch:' .. id
  local state, known = unpack(redis.call('HMGET', key, 'state', 'failed'))
  if not state or state == 'done' then
    return
  end
  redis.call('HINCRBY', key, 'succeeded', succeeded)
  redis.call('HINCRBY', key, 'dead', dead)
  redis.call('HINCRBY', key, 'cancelled', cancelled)
  if failed ~= '-' then
    local _, count = string.gsub(known or '', '[^,]+', '')
    if count < MOST_FAILED then
      redis.call('HSET', key, 'failed', known and known .. ',' .. failed or failed)
    end
  end
  end_if_over(id)
end

local function forget_batch(id)
  redis.call('UNLINK', P .. 'batch:' .. id, P .. 'members:' .. id, P .. 'added:' .. id)
  redis.call('ZREM', P .. 'batches', id)
  redis.call('ZREM', P .. 'batches_done', id)
end
