-- cancel_batch_runs: cancels the runs of a batch that are not over, a slice of its groups in each call. A run that is still on
-- its way to another shard is followed there by the word to cancel it.
-- KEYS: 1 prefix
-- ARGV: 1 clock, 2 batch, 3 first group, 4 groups n, 5 history count, 6 history bytes
-- Answers: how many groups there were in the slice
-- include: _limits _holds _settle
allow_when_full()
local keep = { count = tonumber(ARGV[5]), bytes = tonumber(ARGV[6]) }
local first, count = tonumber(ARGV[3]), tonumber(ARGV[4])
local groups = redis.call('LRANGE', P .. 'members:' .. ARGV[2], first, first + count - 1)
for _, group in ipairs(groups) do
  local shard, run, length = string.match(group, '^(%d+) (%S+) (%d+)$')
  for _, id in ipairs(ids_from(run, tonumber(length))) do
    if shard == own_shard then
      cancel_run(id, keep)
    else
      send(shard, 'x ' .. id)
    end
  end
end
return #groups
