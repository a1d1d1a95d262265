-- claim: ready -> running. Gives a worker up to `want` runs, each with a token and a lease.
-- KEYS: 1 prefix
-- ARGV: 1 clock, 2 worker, 3 lease ms, 4 want, 5 code (name of the set of jobs that the worker has code for), 6.. queues
-- Answers: { now, first token, "more" or "", id, packed run, ... }
-- include: _claim
allow_when_full()
return claim(2)
