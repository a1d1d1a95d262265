-- spawn: adds children to a running run, each id once. A child of another shard is made by a message.
-- KEYS: 1 prefix
-- ARGV: 1 clock, 2 run, 3 token of its attempt, 4 most children of a run,
--       5.. per child eight values: its shard, id, job, queue, lane, delay ms, head of a packed run, payload
-- Answers: "spawned" | "fenced" | "too many"
-- include: _extras _ends
local run, token = ARGV[2], ARGV[3]
local key = P .. 'children:' .. run
local packed = redis.call('HGET', P .. 'runs', run)
if not packed or string.sub(redis.call('HGET', P .. 'running', run) or '', 1, #token + 1) ~= token .. ' ' then
  return 'fenced'
end
local news = {}
for at = 5, #ARGV, 8 do
  if redis.call('HEXISTS', key, ARGV[at + 1]) == 0 then
    news[#news + 1] = at
  end
end
local spawned = tonumber(redis.call('HGET', key, '#spawned') or '0')
if spawned + #news > tonumber(ARGV[4]) then
  return 'too many'
end

-- The extra `c` says that there are children: what does not have it pays nothing for those that do.
if not has_extra(packed, 'c') then
  redis.call('HSET', P .. 'runs', run, with_extra(packed, 'c', 'run'))
end
for _, at in ipairs(news) do
  local shard, id, job, queue, lane = ARGV[at], ARGV[at + 1], ARGV[at + 2], ARGV[at + 3], ARGV[at + 4]
  if redis.call('HSETNX', key, id, table.concat({ '.', shard, job, text(spawned) }, ' ')) == 1 then
    spawned = spawned + 1
    redis.call('HINCRBY', key, '#pending', 1)
    make_run_on(shard, id, queue, lane, tonumber(ARGV[at + 5]), ARGV[at + 6] .. ARGV[at + 7])
  end
end
redis.call('HSET', key, '#spawned', text(spawned))
return 'spawned'
