-- _children: a run that waits for the runs that it has spawned. Goes between _holds and _settle; needs _extras.
-- KEYS: none of its own
-- ARGV: none of its own
-- Answers: nothing; it only defines names.

-- `children:RUN`: child run -> ". <shard> <job> <number>" while it lives, then "<s | d | c> <job> <number> <body JSON>" (succeeded, dead, cancelled); "#spawned", "#pending", "#failed" and "#inline" count them.
-- `awaiting`: run -> "<since> <gather | finish> <all | settled> <L | -> <worker> <started> <body JSON>": its handler is
-- done, its children are not.
local MOST_INLINE = 1000
local WAITING = '^(%S+) (%S+) (%S+) (%S+) (%S+ %S+) (.*)$'

local function children_failed(run)
  local key = P .. 'children:' .. run
  local flat, total, failed = redis.call('HGETALL', key), redis.call('HGET', key, '#spawned'), {}
  for i = 1, #flat, 2 do
    if string.sub(flat[i], 1, 1) ~= '#' and string.sub(flat[i + 1], 1, 1) ~= 's' then
      failed[#failed + 1] = flat[i]
    end
  end
  table.sort(failed)
  local message = #failed .. ' of ' .. total .. ' children did not succeed: ' .. table.concat(failed, ', ', 1, math.min(#failed, 10))
  return cjson.encode({ error = { name = 'ChildrenFailed', message = message } })
end

-- The run starts once more, for its gather: a phase of its own, so its failures are counted anew.
local function begin_gather(run)
  local packed = redis.call('HGET', P .. 'runs', run)
  local head, attempts, extras, payload = string.match(packed, '^(%S+ %S+ %S+ %S+ %S+) (%d+) %d+ %d+ (%S+) (.*)$')
  local counts = text(tonumber(attempts) + 1) .. ' 0 0'
  local gathering = string.gsub(';' .. extras, ';c=[^;]*', ';c=gather')
  redis.call('HSET', P .. 'runs', run, table.concat({ head, counts, string.sub(gathering, 2), payload }, ' '))
  redis.call('HDEL', P .. 'errors', run)
  local queue, lane = place_of(packed)
  push_front(queue, lane, run)
end

-- Runs that ended with their children: run, job, attempt, outcome, ms since its start, body JSON of each. No worker settles
-- them, so whoever delivers the message says that they are over.
local resolved = {}

local function note_resolved(run, outcome, holder, body)
  local job, attempts = string.match(redis.call('HGET', P .. 'runs', run), '^%S+ (%S+) %S+ %S+ %S+ (%d+) ')
  local started = tonumber(string.match(holder, ' (%d+)$')) or now
  for _, value in ipairs({ run, job, tonumber(attempts) + 1, outcome, now - started, outcome == 'dead' and body or '' }) do
    resolved[#resolved + 1] = value
  end
end

-- All children are over.
local function resolve(run, keep)
  local key = P .. 'children:' .. run
  local waiting = redis.call('HGET', P .. 'awaiting', run)
  if not waiting or tonumber(redis.call('HGET', key, '#pending') or '0') > 0 then
    return
  end
  local _, step, policy, logged, holder, body = string.match(waiting, WAITING)
  local has_failed = policy == 'all' and tonumber(redis.call('HGET', key, '#failed') or '0') > 0
  if step == 'gather' and not has_failed then
    redis.call('HDEL', P .. 'awaiting', run)
    begin_gather(run)
    return
  end
  local outcome = has_failed and 'dead' or 'succeeded'
  body = has_failed and children_failed(run) or body
  note_resolved(run, outcome, holder, body)
  finish({
    ids = { run }, outcomes = { outcome }, details = { logged == 'L' and 'logs' or '' }, bodies = { body }, holders = { holder },
  }, keep)
end

-- `detail`: "<gather | finish> <all | settled> <L | ->"; `holder`: "<worker> <started>". Its last child may have ended before
-- it: what follows comes by a message in that case too.
-- A run without children waits for none of them: its gather follows all the same, and is told by the extra as any other.
local function await_children(run, packed, detail, body, holder)
  if not has_extra(packed, 'c') then
    redis.call('HSET', P .. 'runs', run, with_extra(packed, 'c', 'run'))
  end
  redis.call('HSET', P .. 'awaiting', run, table.concat({ now_text, detail, holder, body }, ' '))
  send(own_shard, 'r ' .. run)
end

-- A run that is over waits for no child any more. A child that was marked as succeeded later on counts as that.
local function end_child(run, child, outcome, body, keep)
  local key = P .. 'children:' .. run
  local before = redis.call('HGET', key, child)
  if not before then
    return
  end
  local was, is = string.sub(before, 1, 1), string.sub(outcome, 1, 1)
  local job_and_number = string.match(before, was == '.' and '^%. %d+ (%S+ %d+)' or '^%a (%S+ %d+)')
  local is_kept = was ~= '.' or redis.call('HINCRBY', key, '#inline', 1) <= MOST_INLINE
  redis.call('HSET', key, child, is .. ' ' .. job_and_number .. ' ' .. (is_kept and body or LARGE))
  if was ~= 's' and was ~= '.' and is == 's' then
    redis.call('HINCRBY', key, '#failed', -1)
  elseif was == '.' and is ~= 's' then
    redis.call('HINCRBY', key, '#failed', 1)
  end
  if was == '.' and redis.call('HINCRBY', key, '#pending', -1) == 0 then
    resolve(run, keep)
  end
end
