-- _orders: an order to a worker to drain and exit. It stays until the worker is gone, and each beat reads it, so a lost bell
-- costs one beat.
-- include: _bells
-- KEYS: 1 prefix (of shard 0)
-- ARGV: none of its own
-- Answers: order_worker(worker, order JSON), which answers false and keeps nothing where no such worker is listed
local function order_worker(worker, order)
  if redis.call('HEXISTS', P .. 'workers', worker) == 0 then
    return false
  end
  redis.call('HSETNX', P .. 'orders', worker, order)
  ring_with(string.format('worker:%s', worker), 'order', 60000)
  return true
end
