-- receive: applies messages of another shard (or of this one), each once: one that was received before changes nothing.
-- KEYS: 1 prefix
-- ARGV: 1 clock, 2 sending shard, 3 history count, 4 history bytes, 5.. messages as they are in the outbox, oldest first
-- Answers: { how many were new, then run, job, attempt, outcome, ms since its start and body JSON of each run that this ended
--   without a worker }
-- include: _limits _holds _settle _batches
allow_when_full()
local source = ARGV[2]
local keep = { count = tonumber(ARGV[3]), bytes = tonumber(ARGV[4]) }

-- `after`: child job -> "<all | any> <four digits of its ids> <queue> <lane> <parent,parent> <packed>";
-- `arrivals`: child job -> parents that have come since its last firing.
local function fire_after(child, parent, number)
  local record = redis.call('HGET', P .. 'after', child) or ''
  local need, digits, queue, lane, parents, packed = string.match(record, '^(%S+) (%S+) (%S+) (%S+) (%S+) (.*)$')
  if not need or not string.find(',' .. parents .. ',', ',' .. parent .. ',', 1, true) then
    return -- it comes after this job no more
  end
  local arrived = redis.call('HGET', P .. 'arrivals', child) or ''
  if not string.find(',' .. arrived .. ',', ',' .. parent .. ',', 1, true) then
    arrived = arrived == '' and parent or arrived .. ',' .. parent
  end
  if need == 'all' then
    for name in string.gmatch(parents, '[^,]+') do
      if not string.find(',' .. arrived .. ',', ',' .. name .. ',', 1, true) then
        redis.call('HSET', P .. 'arrivals', child, arrived)
        return
      end
    end
  end
  redis.call('HDEL', P .. 'arrivals', child)
  -- A UUIDv7 as core/run_ids makes them: sender and sequence take the place of its random bits.
  local time = string.format('%012x', now)
  local id = string.format('%s-%s-7%03x-8%03x-%s%08x', string.sub(time, 1, 8), string.sub(time, 9), tonumber(source) % 4096,
    math.floor(number / 2 ^ 31) % 4096, digits, number % 2 ^ 31)
  make_run(id, queue, lane, 0, packed)
end

local apply = {
  a = function(fields, number)
    local child, parent = string.match(fields, '^(%S+) (%S+)$')
    fire_after(child, parent, number)
  end,
  c = function(fields)
    local run, child, outcome, body = string.match(fields, '^(%S+) (%S+) (%S+) (.*)$')
    end_child(run, child, outcome, body, keep)
  end,
  r = function(run)
    resolve(run, keep)
  end,
  b = function(fields)
    end_in_batch(string.match(fields, '^(%S+) (%S+) (%S+) (%S+) (%S+)$'))
  end,
  e = function(fields)
    local id, queue, lane, delay, packed = string.match(fields, '^(%S+) (%S+) (%S+) (%S+) (.*)$')
    make_run(id, queue, lane, tonumber(delay), packed)
  end,
  x = function(run)
    cancel_run(run, keep)
  end,
}

local last, new = tonumber(redis.call('HGET', P .. 'inbox', source) or '0'), 0
for i = 5, #ARGV do
  local number, kind, fields = string.match(ARGV[i], '^(%d+) (%a) (.*)$')
  if number and tonumber(number) > last then
    last = tonumber(number)
    new = new + 1
    redis.call('HSET', P .. 'inbox', source, number) -- before its effect: one that fails is not tried for ever
    apply[kind](fields, last)
  end
end
return { new, unpack(resolved) }
