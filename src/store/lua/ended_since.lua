-- ended_since: counts how many runs of each job have ended since an instant, by a search in its history, newest first. What
-- the history has dropped by then is not counted.
-- KEYS: 1 prefix
-- ARGV: 1 clock, 2 instant ms, 3.. jobs
-- Answers: { count, count, ... } in the order of the jobs
local since, counts = tonumber(ARGV[2]), {}
for i = 3, #ARGV do
  local list = P .. 'history:' .. ARGV[i]
  local low, high = 0, redis.call('LLEN', list) -- the first record that is older lies in between
  while low < high do
    local middle = math.floor((low + high) / 2)
    if tonumber(string.match(redis.call('LINDEX', list, middle), '^%S+ %S+ %S+ (%d+)')) >= since then
      low = middle + 1
    else
      high = middle
    end
  end
  counts[#counts + 1] = low
end
return counts
