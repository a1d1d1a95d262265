-- _prelude: what every script starts with. Every key is derived from KEYS[1], one hash-tagged prefix.
-- KEYS: 1 the shard's prefix, such as {belfry:0}:
-- ARGV: 1 the clock: empty for Redis TIME, or epoch ms where a test or a simulation moves the time
-- Answers: nothing; it only defines names.
local P = KEYS[1]
local CHUNK = 4000 -- unpack() fails near 8,000 values
local find, match, sub = string.find, string.match, string.sub -- a local is looked up at a twentieth of the cost, for what is done per run

local function redis_now()
  local time = redis.call('TIME')
  return time[1] * 1000 + math.floor(time[2] / 1000)
end
local now = tonumber(ARGV[1]) or redis_now()

-- Numbers become text here once, as integers: Lua's own conversion, and that of redis.call, is a floating-point printf, the
-- dearest thing in a script.
local function text(number)
  return string.format('%d', number)
end
local now_text = text(now)

-- A write that frees memory first: Redis refuses a script's writes above maxmemory only until its first write,
-- and claiming, renewing and settling must go on when Redis is full.
local function allow_when_full()
  redis.call('DEL', P .. 'scratch')
end

local function in_chunks(values, act)
  for first = 1, #values, CHUNK do
    act(unpack(values, first, math.min(first + CHUNK - 1, #values)))
  end
end

local function hmget(key, fields)
  local found = {}
  for first = 1, #fields, CHUNK do
    local part = redis.call('HMGET', key, unpack(fields, first, math.min(first + CHUNK - 1, #fields)))
    for i = 1, #part do
      found[first + i - 1] = part[i]
    end
  end
  return found
end

local function call_with(command, key, values)
  in_chunks(values, function(...)
    redis.call(command, key, ...)
  end)
end

-- Redis keeps a small hash or sorted set as one packed list, and each look-up walks through up to 512 entries of it. A text
-- of more than 64 bytes makes it a table, which it stays while it has any entry. With FEW entries a list is as good.
local LONG, FEW = string.rep('.', 65), 16

local function put_in_table(command, key, values)
  if #values == 0 then
    return
  end
  local count = redis.call(command == 'ZADD' and 'ZCARD' or 'HLEN', key)
  local grows_up = count < FEW and count + #values / 2 >= FEW
  if grows_up then
    redis.call(command, key, command == 'ZADD' and '0' or LONG, LONG)
  end
  call_with(command, key, values)
  if grows_up then
    redis.call(command == 'ZADD' and 'ZREM' or 'HDEL', key, LONG)
  end
end

-- One token waits in a wake list at most: it says "somebody look", not how much there is.
local function ring(bell)
  local list = P .. 'wake:' .. bell
  if redis.call('LLEN', list) == 0 then
    redis.call('RPUSH', list, '1')
  end
end

-- A lane is the FIFO of one (queue, priority, job, limit keys): "<priority>:<job>[|<key>...]". What lets one run of it
-- on lets on any, so a lane is parked as a whole and nobody looks at the runs behind.
local function lane_key(queue, lane)
  return P .. 'lane:' .. queue .. '|' .. lane
end

-- Lanes of a queue take turns, oldest turn first, in microseconds. A level of priority is worth a minute's waiting, so
-- that urgent work goes first and no lane waits for ever.
local AGEING_US = 60e6

local function turn(lane, at_us)
  return at_us - (string.byte(lane) - 48) * AGEING_US -- byte 48 is '0', the least urgent
end

-- Answers whether the lane was closed before.
local function open_lane(queue, lane)
  local opened = redis.call('ZADD', P .. 'ready:' .. queue, 'NX', text(turn(lane, now * 1000)), lane)
  ring('queue:' .. queue)
  return opened == 1
end

-- `turns`: { turn, lane, ... }
local function open_lanes(queue, turns)
  if #turns > 0 then
    in_chunks(turns, function(...)
      redis.call('ZADD', P .. 'ready:' .. queue, 'NX', ...)
    end)
    ring('queue:' .. queue)
  end
end

local function push_ready(queue, lane, ids)
  call_with('RPUSH', lane_key(queue, lane), ids)
  open_lane(queue, lane)
end

local function push_front(queue, lane, id)
  redis.call('LPUSH', lane_key(queue, lane), id)
  open_lane(queue, lane)
end

-- Packed run: "<fireTime> <job> <queue> <place> <policy> <attempts> <failures> <crashes> [<extras> ]<payload JSON>" with
-- place "<priority>[+][|<key>...]"; "+" says that there are extras: "<letter>=<value>;..." for what few runs have.
local places = {} -- "<job> <queue> <place>" -> queue, lane and job: a call sees many runs of a lane

-- Answers the same table for all runs of a lane that are alike in having extras or not.
local function find_place(packed)
  local before = find(packed, ' ', 1, true)
  local after_job = find(packed, ' ', before + 1, true)
  local after_queue = find(packed, ' ', after_job + 1, true)
  local words = sub(packed, before + 1, find(packed, ' ', after_queue + 1, true) - 1)
  local place = places[words]
  if not place then
    local job, queue, priority, keys = match(words, '^(%S+) (%S+) (%d)%+?(%S*)')
    place = { queue = queue, lane = priority .. ':' .. job .. keys, job = job }
    places[words] = place
  end
  return place
end

local function place_of(packed)
  local place = find_place(packed)
  return place.queue, place.lane, place.job
end

-- Most runs have none, and a plain search for the sign that there are is ten times as fast as the pattern's failure.
local function extras_of(packed)
  return find(packed, '+', 1, true) and match(packed, '^%S+ %S+ %S+ %d%+%S* %S+ %S+ %S+ %S+ (%S+) ') or nil
end

local function delay_run(queue, ready_at, id)
  local key = P .. 'delayed:' .. queue
  local head = redis.call('ZRANGE', key, '0', '0', 'WITHSCORES')
  redis.call('ZADD', key, ready_at, id)
  if not head[2] or ready_at < tonumber(head[2]) then
    ring('leader')
  end
end

-- The key that keeps the runs of a lane in order, where it is this run's turn.
local function ordered_key(lane, id)
  for name in string.gmatch(lane, '|[^~|]*~([^|]+)') do
    if redis.call('HGET', P .. 'turns', name) == id then
      return name
    end
  end
  return nil
end

-- Takes up to `limit` members that are due from a sorted set, and answers them with the time at which the next one is.
local function take_due(key, limit)
  local function first_due()
    return tonumber(redis.call('ZRANGE', key, '0', '0', 'WITHSCORES')[2] or nil) or math.huge
  end
  local first = first_due()
  if first > now then
    return {}, first
  end
  local due = redis.call('ZRANGEBYSCORE', key, '-inf', now_text, 'LIMIT', '0', limit)
  call_with('ZREM', key, due)
  return due, first_due()
end

-- Moves due delayed runs and lanes whose rate limit lets them on again to ready. Returns when the next one is due.
local function promote(queue, limit)
  local ids, next_run = take_due(P .. 'delayed:' .. queue, limit)
  local runs = hmget(P .. 'runs', ids)
  for i = 1, #ids do
    if runs[i] then
      local to, lane = place_of(runs[i])
      local key = string.find(lane, '|', 1, true) and ordered_key(lane, ids[i])
      if key then
        push_front(to, lane, ids[i]) -- its turn is still on: those behind it wait for its end
      else
        push_ready(to, lane, { ids[i] })
      end
    end
  end
  local lanes, next_lane = take_due(P .. 'parked:' .. queue, limit)
  for _, lane in ipairs(lanes) do
    if lane == '*' then -- the queue's own limit
      ring('queue:' .. queue)
    elseif redis.call('EXISTS', lane_key(queue, lane)) == 1 then
      open_lane(queue, lane)
    end
  end
  return math.min(next_run, next_lane), #ids
end
