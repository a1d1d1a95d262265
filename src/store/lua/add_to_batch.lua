-- add_to_batch: adds runs to a batch, once per call. Those of other shards are made by messages.
-- KEYS: 1 prefix
-- ARGV: 1 clock, 2 batch, 3 "open" (from outside) or "inside" (by one of its runs, as long as it is not over), 4 what tells
--       this call from others, 5.. groups: shard, queue, lane, delay ms, head of a packed run, first id, n, then n payloads
-- Answers: "added" | "known" | "closed" | "gone"
-- include: _ends
local id = ARGV[2]
local key = P .. 'batch:' .. id
local state = redis.call('HGET', key, 'state')
if not state then
  return 'gone'
elseif redis.call('SISMEMBER', P .. 'added:' .. id, ARGV[4]) == 1 then
  return 'known'
elseif state ~= 'open' and (ARGV[3] == 'open' or state ~= 'closed') then
  return 'closed'
end
redis.call('SADD', P .. 'added:' .. id, ARGV[4])
local at, total = 5, 0
while ARGV[at] do
  local shard, queue, lane, delay, head = ARGV[at], ARGV[at + 1], ARGV[at + 2], tonumber(ARGV[at + 3]), ARGV[at + 4]
  local count = tonumber(ARGV[at + 6])
  for i, run in ipairs(ids_from(ARGV[at + 5], count)) do
    make_run_on(shard, run, queue, lane, delay, head .. ARGV[at + 6 + i])
  end
  redis.call('RPUSH', P .. 'members:' .. id, shard .. ' ' .. ARGV[at + 5] .. ' ' .. ARGV[at + 6])
  total = total + count
  at = at + 7 + count
end
redis.call('HINCRBY', key, 'total', total)
return 'added'
