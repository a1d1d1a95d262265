-- order_workers: tells workers to drain and exit. One that was told before keeps its first order.
-- include: _orders
-- KEYS: 1 prefix (of shard 0)
-- ARGV: 1 clock, 2 order JSON, 3.. workers
-- Answers: a string with one character per worker: "1" told, "0" not listed (any more)
allow_when_full()
local answers = {}
for i = 3, #ARGV do
  answers[#answers + 1] = order_worker(ARGV[i], ARGV[2]) and '1' or '0'
end
return table.concat(answers)
