-- redrive: makes a new run from a dead letter, which goes to the history.
-- KEYS: 1 prefix
-- ARGV: 1 clock, 2 history count, 3 history bytes, 4 id of the dead letter, 5 new run id
-- Answers: "redriven" | "gone" | "held <id>": the run that has its unique key
-- include: _limits _holds _settle _extras _redrive
local keep = { count = tonumber(ARGV[2]), bytes = tonumber(ARGV[3]) }
local has_acted, holder = redrive(ARGV[4], ARGV[5], keep)
return has_acted and 'redriven' or holder and 'held ' .. holder or 'gone'
