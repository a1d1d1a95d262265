-- _holds: what the end of a run sets off: a run that is held behind it, the next fire time of a fixed delay, the count of
-- dead letters in a row. Goes before _settle in a list of parts. While nothing is held, followed or failing it costs
-- two EXISTS per call.
-- KEYS: none of its own
-- ARGV: none of its own
-- Answers: nothing; it only defines names.

-- `holds`: held run -> "<since> <blocker>,<blocker>". `followers`: live run -> "<run held behind it, or -> <schedule, or ->".
-- At most one run is held behind a run: those that are held form chains, and an end touches its neighbours only.
local finish -- see _settle
local orphans = {}

local function follower_of(run)
  return string.match(redis.call('HGET', P .. 'followers', run) or '- -', '^(%S+) (%S+)$')
end

local function set_follower(run, held, schedule)
  if held == '-' and schedule == '-' then
    redis.call('HDEL', P .. 'followers', run)
  else
    redis.call('HSET', P .. 'followers', run, held .. ' ' .. schedule)
  end
end

-- Holds a new run behind live ones: behind those that no other run waits for, which are the last to end. Where the
-- schedule has lost sight of these (its policy was changed to and fro), the chain leads to the one.
local function hold(run, live)
  local blockers = {}
  local function wait_for(blocker, schedule)
    blockers[#blockers + 1] = blocker
    set_follower(blocker, run, schedule)
  end
  for _, blocker in ipairs(live) do
    local held, schedule = follower_of(blocker)
    if held == '-' then
      wait_for(blocker, schedule)
    end
  end
  if #blockers == 0 then
    local last = live[#live]
    local held, schedule = follower_of(last)
    while held ~= '-' do
      last = held
      held, schedule = follower_of(last)
    end
    wait_for(last, schedule)
  end
  redis.call('HSET', P .. 'holds', run, now_text .. ' ' .. table.concat(blockers, ','))
end

-- What is kept with a run that its overlap policy has ended.
local function explain(message)
  return cjson.encode({ error = { name = 'Overlap', message = message } })
end

-- A scheduled run does not begin after its schedule was deleted; one by hand does.
local function let_go(run)
  redis.call('HDEL', P .. 'holds', run)
  local packed = redis.call('HGET', P .. 'runs', run)
  local schedule = string.match(run, '^(.+)@%d+$')
  if packed and schedule and redis.call('HEXISTS', P .. 'schedules', schedule) == 0 then
    orphans[#orphans + 1] = run
  elseif packed then
    local queue, lane = place_of(packed)
    local due = tonumber(string.match(packed, '^(%S+)'))
    if due > now and not schedule then -- an enqueued one was held and delayed
      delay_run(queue, due, run)
    else
      push_ready(queue, lane, { run })
    end
  end
end

-- Each end may let go the next orphan of a chain.
local function end_orphans(keep)
  while #orphans > 0 do
    local run = table.remove(orphans)
    local bodies = { explain('its schedule was deleted while it was held') }
    finish({ ids = { run }, outcomes = { 'cancelled' }, details = { '' }, bodies = bodies, holders = { '- 0' } }, keep)
  end
end

-- A run that was itself held ends: what waits for it waits for its blockers in its place.
local function pass_on(run, ended, blockers)
  local since, behind = string.match(redis.call('HGET', P .. 'holds', run) or '', '^(%S+) (.*)$')
  if not since then
    return
  end
  for blocker in string.gmatch(behind, '[^,]+') do
    if blocker ~= ended then
      blockers[#blockers + 1] = blocker
    end
  end
  if #blockers == 0 then
    let_go(run)
  else
    redis.call('HSET', P .. 'holds', run, since .. ' ' .. table.concat(blockers, ','))
  end
end

-- A fixed delay begins at the end of the run. The stored rule tells how long it is now; a schedule that has a next fire
-- time already, or another kind of rule, was changed meanwhile. A paused one goes on from here when it is resumed.
local function begin_delay(schedule)
  local value = redis.call('HGET', P .. 'schedules', schedule) or ''
  local revision, rest, delay = string.match(value, '^(%S+) 0 ()%S+ %S+ {"f":(%d+)')
  if not delay then
    return
  end
  local next_text = text(now + tonumber(delay))
  redis.call('HSET', P .. 'schedules', schedule, revision .. ' ' .. next_text .. ' ' .. string.sub(value, rest))
  if string.sub(revision, -1) ~= 'p' then
    local head = redis.call('ZRANGE', P .. 'due', 0, 0, 'WITHSCORES')
    redis.call('ZADD', P .. 'due', next_text, schedule)
    if not head[2] or tonumber(next_text) < tonumber(head[2]) then
      ring('leader')
    end
  end
end

local function end_run(run)
  local held, schedule = follower_of(run)
  redis.call('HDEL', P .. 'followers', run)
  local behind = string.match(redis.call('HGET', P .. 'holds', run) or '', '^%S+ (.*)$')
  local blockers = {}
  if behind then
    redis.call('HDEL', P .. 'holds', run)
    for blocker in string.gmatch(behind, '[^,]+') do
      local _, followed = follower_of(blocker)
      set_follower(blocker, held, followed)
      blockers[#blockers + 1] = blocker
    end
  end
  if held ~= '-' then
    pass_on(held, run, blockers)
  end
  if schedule ~= '-' then
    begin_delay(schedule)
  end
end

-- Of scheduled and caught-up runs ("<schedule>@<fire time>"); a run by hand or of a backfill says nothing of the schedule.
-- Of a schedule that is gone, often with its last fire time, nobody would ever take the count away.
local function count_failures(ids, outcomes, deaths)
  local is_counted = redis.call('EXISTS', P .. 'failing') == 1
  if not is_counted and deaths == 0 then
    return
  end
  for i = 1, #ids do
    local schedule = outcomes[i] ~= 'cancelled' and string.match(ids[i], '^(.+)@%d+$')
    if schedule and outcomes[i] == 'dead' then
      if redis.call('HEXISTS', P .. 'schedules', schedule) == 1 then
        redis.call('HINCRBY', P .. 'failing', schedule, 1)
      end
    elseif schedule then
      redis.call('HDEL', P .. 'failing', schedule)
    end
  end
end

-- Call it when the runs have left `runs`; `keep` is for runs that end with them. Answers whether other jobs may come after
-- theirs (one look at two keys, as it is taken with each settlement).
local function after_ends(ids, outcomes, deaths, keep)
  count_failures(ids, outcomes, deaths)
  if redis.call('EXISTS', P .. 'followers', P .. 'dependents') == 0 then
    return false
  end
  local followers, holds = hmget(P .. 'followers', ids), hmget(P .. 'holds', ids)
  for i = 1, #ids do
    if followers[i] or holds[i] then
      end_run(ids[i])
    end
  end
  end_orphans(keep)
  return true
end
