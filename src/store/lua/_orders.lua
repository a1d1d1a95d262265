-- _orders: an order to a worker to drain and exit. It stays until the worker is gone, and each beat reads it, so a lost bell
-- costs one beat. Answers false where no such worker is listed: an order never waits for one that may not come.
local function order_worker(worker, order)
  if redis.call('HEXISTS', P .. 'workers', worker) == 0 then
    return false
  end
  redis.call('HSETNX', P .. 'orders', worker, order)
  local list = P .. 'wake:worker:' .. worker
  redis.call('RPUSH', list, 'order')
  redis.call('PEXPIRE', list, 60000)
  return true
end
