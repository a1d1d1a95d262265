-- settle: running -> succeeded | retrying | dead | cancelled | ready (released), and claims the next runs in the same call.
-- KEYS: 1 prefix
-- ARGV: 1 clock, 2 history count, 3 history bytes, 4 entries n, 5.. entries of five values (see _settle),
--       then, where the worker wants more: worker, lease ms, want, code, queues (see claim)
-- Answers: { "101..." } or { "101...", the answer of claim }
-- include: _limits _holds _settle _claim
allow_when_full()
local count = tonumber(ARGV[4])
local keep = { count = tonumber(ARGV[2]), bytes = tonumber(ARGV[3]) }
local verdicts = settle(5, count, keep, function()
  return true
end)
local next_claim = 5 + 5 * count
if ARGV[next_claim] then
  return { verdicts, claim(next_claim, keep) }
end
return { verdicts }
