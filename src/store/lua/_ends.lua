-- _ends: what the end of a run tells others: the jobs that come after its job, the run that waits for it, its batch. They
-- may live on other shards, so it is told by messages, which the leader of this shard delivers (see outbox, receive).
-- include: _starts
-- KEYS: none of its own
-- ARGV: none of its own
-- Answers: nothing; it only defines names.

local own_shard = string.match(P, ':(%d+)}:$') or '0'

-- Results up to this size travel with the message; larger ones are read from the history.
local INLINE_BYTES = 16384
local LARGE = '{"large":true}'

-- An outbox holds "<sequence> <kind> <fields>", oldest first. Sequences follow the time, a thousand to the millisecond, so
-- that they grew even over a failover that lost the last ones: a receiver takes each sequence of a sender once.
--   a <child job> <parent job>                              a run of a parent ended in the way that the child waits for
--   c <run> <child run> <outcome> <body JSON>               a child of the run ended
--   r <run>                                                 it waits for its children now, unless they are all over
--   b <batch> <succeeded> <dead> <cancelled> <failed ids>   so many runs of the batch ended
--   e <run> <queue> <lane> <delay ms> <packed>              make this run (packed lacks its fire time)
--   x <run>                                                 cancel this run
local sequence

local function send(target, message)
  sequence = math.max((sequence or tonumber(redis.call('GET', P .. 'outbox_seq') or '0')) + 1, now * 1000)
  redis.call('SET', P .. 'outbox_seq', text(sequence))
  redis.call('RPUSH', P .. 'outbox:' .. target, text(sequence) .. ' ' .. message)
  redis.call('SADD', P .. 'outboxes', target)
  ring('leader')
end

-- The ids of a batch count on from the first in their last eight digits; core/run_ids does the same.
local function ids_from(first, count)
  local ids = { first }
  local stem, number = string.sub(first, 1, -9), count > 1 and tonumber(string.sub(first, -8), 16)
  for i = 2, count do
    ids[i] = stem .. string.format('%08x', number + i - 1)
  end
  return ids
end

local function make_run(id, queue, lane, delay, packed)
  if redis.call('HSETNX', P .. 'runs', id, text(now + delay) .. ' ' .. packed) == 0 then
    return
  end
  watch_bounds(id, text(now + delay) .. ' ' .. packed)
  redis.call('SADD', P .. 'queues', queue)
  if delay > 0 then
    delay_run(queue, now + delay, id)
  else
    push_ready(queue, lane, { id })
  end
end

-- Here at once, on another shard by a message.
local function make_run_on(shard, id, queue, lane, delay, packed)
  if shard == own_shard then
    make_run(id, queue, lane, delay, packed)
  else
    send(shard, table.concat({ 'e', id, queue, lane, text(delay), packed }, ' '))
  end
end

local function extra_of(extras, letter)
  local value = string.match(';' .. extras, ';' .. letter .. '=([^;]*)')
  return value and string.gsub(value, '%%(%x%x)', function(hex)
    return string.char(tonumber(hex, 16))
  end) or nil
end

-- `dependents`: parent job -> "<child job> <its shard> <s | e>;..."; s: told of successes only, e: of every end.
local function tell_dependents(raw, outcomes)
  local jobs = {}
  for i = 1, #outcomes do
    jobs[i] = string.match(raw[i] or '', '^%S+ (%S+)') or '?'
  end
  local found = hmget(P .. 'dependents', jobs)
  for i = 1, #jobs do
    for child, shard, on in string.gmatch(found[i] or '', '([^; ]+) (%d+) (%a)') do
      if on == 'e' or outcomes[i] == 'succeeded' then
        send(shard, 'a ' .. child .. ' ' .. jobs[i])
      end
    end
  end
end

-- Nobody waits for the children of a run that is over; those of one that was cancelled are cancelled too.
local function leave_children(run, outcome)
  local key = P .. 'children:' .. run
  if outcome == 'cancelled' then
    local flat = redis.call('HGETALL', key)
    for i = 1, #flat, 2 do
      local shard = string.match(flat[i + 1], '^%. (%d+) ')
      if shard then
        send(shard, 'x ' .. flat[i])
      end
    end
  end
  redis.call('UNLINK', key)
  redis.call('HDEL', P .. 'awaiting', run)
end

local function note_in_batch(batches, name, id, outcome)
  local batch = batches[name] or { succeeded = 0, dead = 0, cancelled = 0, failed = {} }
  batches[name] = batch
  batch[outcome] = batch[outcome] + 1
  if outcome ~= 'succeeded' and #batch.failed < 100 then
    batch.failed[#batch.failed + 1] = id
  end
end

local function tell_batches(batches)
  for name, batch in pairs(batches) do
    local shard, id = string.match(name, '^b(%d+):(.*)$')
    local failed = #batch.failed > 0 and table.concat(batch.failed, ',') or '-'
    send(shard, table.concat({ 'b', id, batch.succeeded, batch.dead, batch.cancelled, failed }, ' '))
  end
end

local function tell_parent(parent, id, outcome, body)
  local shard, run = string.match(parent, '^r(%d+):(.*)$')
  if shard then
    send(shard, table.concat({ 'c', run, id, outcome, #body > INLINE_BYTES and LARGE or body }, ' '))
  end
end

-- `which`: the runs among `final` that have extras.
local function tell_kin(which, raw, final)
  local batches = {}
  for _, i in ipairs(which) do
    local extras, id, outcome = extras_of(raw[i]) or '', final.ids[i], final.outcomes[i]
    local parent = extra_of(extras, 'p')
    if parent and string.byte(parent) == 98 then -- b
      note_in_batch(batches, parent, id, outcome)
    elseif parent then
      tell_parent(parent, id, outcome, final.bodies[i])
    end
    if extra_of(extras, 'c') then
      leave_children(id, outcome)
    end
  end
  tell_batches(batches)
end

-- A dead letter counts as succeeded from now on, also for those who wait.
local function mend_kin(packed, id, body)
  local parent = extra_of(extras_of(packed) or '', 'p')
  local batch_shard, batch = string.match(parent or '', '^b(%d+):(.*)$')
  if batch then
    send(batch_shard, 'b ' .. batch .. ' 1 -1 0 -')
  elseif parent then
    tell_parent(parent, id, 'succeeded', body)
  end
end
