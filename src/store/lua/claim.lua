-- claim: ready -> running. Gives a worker up to `want` runs, each with a token and a lease.
-- KEYS: 1 prefix
-- ARGV: 1 clock, 2 history count, 3 history bytes (for runs whose deadline has passed), 4 worker, 5 lease ms, 6 want,
--       7 code (name of the set of jobs that the worker has code for), 8.. queues
-- Answers: { now, first token, "more" or "", id, packed run, ... }
-- include: _limits _holds _settle _claim
allow_when_full()
return claim(4, { count = tonumber(ARGV[2]), bytes = tonumber(ARGV[3]) })
