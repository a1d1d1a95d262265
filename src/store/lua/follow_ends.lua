-- follow_ends: does what the ends of runs should have set off, where runs have gone without it (their ends were settled by
-- a replica of an older version): lets go what is held behind them, begins fixed delays.
-- KEYS: 1 prefix
-- ARGV: 1 clock, 2 history count, 3 history bytes, 4 runs n, then n ids, then ids of schedules with a fixed delay
-- Answers: how many it helped
-- include: _live _limits _holds _settle
local helped, last = 0, 4 + tonumber(ARGV[4])
for i = 5, last do
  if not is_live(ARGV[i]) and redis.call('HEXISTS', P .. 'followers', ARGV[i]) == 1 then
    helped = helped + 1
    end_run(ARGV[i])
  end
end
end_orphans({ count = tonumber(ARGV[2]), bytes = tonumber(ARGV[3]) })
for i = last + 1, #ARGV do
  local value = redis.call('HGET', P .. 'schedules', ARGV[i]) or ''
  local fired = string.match(value, '^%S+ 0 ([-%d]+)')
  if fired and live_runs(ARGV[i], fired, '-') == '' then
    helped = helped + 1
    begin_delay(ARGV[i])
  end
end
return helped
