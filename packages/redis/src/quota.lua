-- Applies a list of quota operations of ONE organization, in order, as one atomic step.
--
-- KEYS[1]  q:{org}:epoch; every other key is ARGV[1] .. suffix, so all of them share the hash tag and one cluster slot
-- ARGV[1]  prefix "q:{org}:"
-- ARGV[2]  the server's stamp "<run_id>/<replication id>"; '' skips the epoch check (only for operations that are safe on any data)
-- ARGV[3]  operations, each a letter followed by its own arguments, every field ended by a unit separator (0x1F). One argument, because a client
--          spends more on sixty small ones than both sides on joining and splitting; no field can hold that byte (ids, numbers, JSON text).
--
-- Replies REBUILD, having changed nothing, when the epoch is missing or belongs to another run of Redis: this data may be empty, cut
-- or stale, and a missing limit means unknown, never unlimited. Otherwise replies one element per operation: where all are texts, as one
-- text of them, each ended by a unit separator (no text of ours holds that byte); else as a list.
--
-- Money is stored by HINCRBY, as 64-bit integers, and never leaves through tostring or cjson, which lose digits from 10^14 on. In here it is
-- a double: whole and exact below 2^53 nano-USD ($9 million), which caps budgets and amounts; '%.0f' writes all of its digits.
local call, format = redis.call, string.format
local prefix, stamp = ARGV[1], ARGV[2]
local epoch = call('GET', KEYS[1])
if stamp ~= '' and (not epoch or string.sub(epoch, 1, #stamp + 1) ~= stamp .. ':') then return 'REBUILD' end

local MINUTE_US = 60000000
local SETTLED_TTL_MS = '604800000'
local TOMBSTONE_TTL_MS = '600000'
local RETURNED_TTL_MS = '900000'
local DEADLINES, SUSPENSE, SETTLED, COUNTERS = prefix .. 'hz', prefix .. 'uz', prefix .. 'sz', prefix .. 'bz'
local LEASES, LEASE_SUSPENSE, LEASES_RETURNED = prefix .. 'lz', prefix .. 'ls', prefix .. 'lr'
local LEASE_FLOORS = prefix .. 'lf'

local fields, at = {}, 0
for field in string.gmatch(ARGV[3], '([^\31]*)\31') do fields[#fields + 1] = field end
local function take()
  at = at + 1
  return fields[at]
end

local now_us
local function now()
  if not now_us then
    local time = call('TIME')
    now_us = time[1] * 1000000 + time[2]
  end
  return now_us
end

-- Counters and clocks that this call touches, read once and written once: the operations of a call mostly share them.
local counters, counter_order = {}, {}
local clocks, clock_order = {}, {}
local EXACT = 9007199254740992

local function load_counter(name)
  local counter = counters[name]
  if counter then return counter end
  local key = prefix .. 'b:' .. name
  local state = call('HMGET', key, 'limit', 'used', 'held', 'ver', 'hard', 'unit', 'lse')
  counter = { key = key, name = name, add_used = 0, add_held = 0, leased = tonumber(state[7] or '0'), add_leased = 0, is_tokens = state[6] == 'tokens' }
  if state[1] then
    counter.limit, counter.used, counter.held = tonumber(state[1]), tonumber(state[2]), tonumber(state[3])
    counter.text = { state[1], state[2], state[3] }
    counter.version, counter.hard = tonumber(state[4]), state[5] == '1'
  end
  counters[name] = counter
  counter_order[#counter_order + 1] = counter
  return counter
end

-- HINCRBY is what moves money; '%.0f' of a whole double below 2^53 is exact, and larger sums are never left to gather.
local function flush_counter(counter)
  if counter.add_used ~= 0 then call('HINCRBY', counter.key, 'used', format('%.0f', counter.add_used)) end
  if counter.add_held ~= 0 then call('HINCRBY', counter.key, 'held', format('%.0f', counter.add_held)) end
  if counter.add_leased ~= 0 then call('HINCRBY', counter.key, 'lse', format('%.0f', counter.add_leased)) end
  counter.add_used, counter.add_held, counter.add_leased = 0, 0, 0
end

local function show_counter(counter)
  if not counter.text then
    if counter.used < EXACT and counter.held < EXACT then
      counter.text = { format('%.0f', counter.limit), format('%.0f', counter.used), format('%.0f', counter.held) }
    else
      flush_counter(counter)
      counter.text = call('HMGET', counter.key, 'limit', 'used', 'held')
    end
  end
  return ' ' .. counter.text[1] .. ' ' .. counter.text[2] .. ' ' .. counter.text[3]
end

local function add_held(counter, amount)
  -- A counter that is gone took its held with it.
  if amount == 0 or not counter.limit then return end
  counter.held = counter.held + amount
  counter.add_held = counter.add_held + amount
  if counter.held < 0 then
    -- Only damaged data gets here; held below zero would widen the room.
    counter.add_held = counter.add_held - counter.held
    counter.held = 0
  end
  counter.text = nil
  if counter.add_held >= EXACT / 2 or counter.add_held <= -EXACT / 2 then flush_counter(counter) end
end

local function add_used(counter, amount)
  if amount == 0 or not counter.limit then return end
  counter.used = counter.used + amount
  counter.add_used = counter.add_used + amount
  counter.text = nil
  if counter.add_used >= EXACT / 2 then flush_counter(counter) end
end

-- Of what is held, the part that lies ready in leases as far as their proxies have said: it may come back when it is called for.
local function add_leased(counter, amount)
  if amount == 0 or not counter.limit then return end
  counter.leased = counter.leased + amount
  counter.add_leased = counter.add_leased + amount
end

local function load_clock(limit)
  local clock = clocks[limit]
  if clock then return clock end
  local key = prefix .. 'r:' .. limit
  local stored = call('HMGET', key, 'rt', 'tt')
  clock = { key = key, requests = tonumber(stored[1] or '0'), tokens = tonumber(stored[2] or '0'), is_changed = false }
  clocks[limit] = clock
  clock_order[#clock_order + 1] = clock
  return clock
end

local function flush()
  for _, counter in ipairs(counter_order) do flush_counter(counter) end
  for _, clock in ipairs(clock_order) do
    if clock.is_changed then call('HSET', clock.key, 'rt', format('%.0f', clock.requests), 'tt', format('%.0f', clock.tokens)) end
  end
end

local function both(amount, tokens) return { amount = tonumber(amount), tokens = tonumber(tokens) } end
local NOTHING = both('0', '0')
-- A size in the unit of a counter.
local function of(counter, size) return counter.is_tokens and size.tokens or size.amount end

-- Frees what a hold held on each of its counters, money or tokens as the counter counts, and books what was used there.
local function leave_counters(list, held, used)
  for name in string.gmatch(list, '%S+') do
    local counter = load_counter(name)
    add_used(counter, of(counter, used))
    add_held(counter, -of(counter, held))
  end
end

-- Moves the token clock of each limit by the tokens that were reserved wrongly, and gives back the place among concurrent requests.
-- A released hold counts as if it never were, so it also gives back its request.
local function leave_rates(id, list, tokens, is_released)
  for limit, rpm, tpm, concurrency in string.gmatch(list, '([^:%s]+):([^:%s]+):([^:%s]+):([^:%s]+)') do
    if tpm ~= '-' and tokens ~= 0 then
      local clock = load_clock(limit)
      clock.tokens, clock.is_changed = clock.tokens + tokens * MINUTE_US / tpm, true
    end
    if rpm ~= '-' and is_released then
      local clock = load_clock(limit)
      clock.requests, clock.is_changed = clock.requests - MINUTE_US / rpm, true
    end
    if concurrency ~= '-' then call('ZREM', prefix .. 'c:' .. limit, id) end
  end
end

-- A lease that was not renewed in time narrows the room until it is known what was spent on it; it is no longer ready to come back.
local function expire_leases()
  for _, id in ipairs(call('ZRANGEBYSCORE', LEASES, '-inf', format('%.0f', now() / 1000), 'LIMIT', '0', '32')) do
    local key = prefix .. 'h:' .. id
    local lease = call('HMGET', key, 'ctr', 'fa', 'ft')
    local free = both(lease[2], lease[3])
    for name in string.gmatch(lease[1], '%S+') do
      local counter = load_counter(name)
      add_leased(counter, -of(counter, free))
    end
    call('HSET', key, 'st', 'lease-suspense', 'fa', '0', 'ft', '0')
    call('ZREM', LEASES, id)
    call('ZADD', LEASE_SUSPENSE, format('%.0f', now() / 1000), id)
  end
end

-- Whether proxies hold room of this counter ready; if so they are asked to give it back.
local function recall(counter)
  expire_leases()
  if counter.leased <= 0 then return false end
  call('PUBLISH', 'atpar:recall', string.match(KEYS[1], '{(.*)}') .. ' ' .. counter.name)
  return true
end

-- The rate limits of a reserve. Returns what refuses, or nil; and the limits with the clocks to write if everything else fits too.
local function check_rates(tokens, count)
  local rates = {}
  local refusal
  for index = 1, count do
    local limit, rpm, tpm, concurrency = take(), take(), take(), take()
    local rate = { limit = limit, rpm = rpm, tpm = tpm, concurrency = concurrency, requests = 0, tokens = 0, running = 0 }
    rates[index] = rate
    if not refusal and concurrency ~= '-' then
      local key = prefix .. 'c:' .. limit
      rate.running = call('ZCARD', key)
      if rate.running >= tonumber(concurrency) and call('ZREMRANGEBYSCORE', key, '-inf', format('%.0f', now() / 1000)) > 0 then
        rate.running = call('ZCARD', key)
      end
      if rate.running >= tonumber(concurrency) then refusal = 'R ' .. (index - 1) .. ' concurrency 1000' end
    end
    if not refusal and rpm ~= '-' then
      rate.requests = math.max(load_clock(limit).requests, now()) + MINUTE_US / rpm
      -- Half a microsecond of grace: clocks are stored as whole microseconds.
      local excess = rate.requests - now() - MINUTE_US
      if excess > 0.5 then refusal = 'R ' .. (index - 1) .. ' requests_per_minute ' .. format('%.0f', math.ceil(excess / 1000)) end
    end
    if not refusal and tpm ~= '-' then
      local from = math.max(load_clock(limit).tokens, now())
      rate.tokens = from + tokens * MINUTE_US / tpm
      local excess = rate.tokens - now() - MINUTE_US
      -- A request larger than the whole limit runs when the limit is entirely free, and its debt is then waited off.
      if excess > 0.5 and from > now() then
        refusal = 'R ' .. (index - 1) .. ' tokens_per_minute ' .. format('%.0f', math.ceil(math.min(excess, from - now()) / 1000))
      end
    end
  end
  return refusal, rates
end

local function write_rates(id, deadline, rates)
  local stored, shown = {}, {}
  for index, rate in ipairs(rates) do
    if rate.rpm ~= '-' or rate.tpm ~= '-' then
      local clock = load_clock(rate.limit)
      clock.is_changed = true
      if rate.rpm ~= '-' then clock.requests = rate.requests end
      if rate.tpm ~= '-' then clock.tokens = rate.tokens end
    end
    if rate.concurrency ~= '-' then call('ZADD', prefix .. 'c:' .. rate.limit, deadline, id) end
    stored[index] = rate.limit .. ':' .. rate.rpm .. ':' .. rate.tpm .. ':' .. rate.concurrency
    shown[index] = format(' %.0f %.0f %.0f', math.max(rate.requests - now(), 0), math.max(rate.tokens - now(), 0), rate.running + 1)
  end
  return table.concat(stored, ' '), table.concat(shown)
end

local function reserve()
  local id, boot, amount, deadline, tokens, payload, counter_count = take(), take(), take(), take(), take(), take(), tonumber(take())
  local key = prefix .. 'h:' .. id
  local wanted = both(amount, tokens)
  local names, states, missing = {}, {}, {}
  local refused, least
  for index = 1, counter_count do
    local name, limit, version, hard = take(), take(), tonumber(take()), take()
    local counter = load_counter(name)
    names[index] = name
    if not counter.limit then
      missing[#missing + 1] = ' ' .. (index - 1)
    else
      if version > counter.version then
        call('HSET', counter.key, 'limit', limit, 'ver', version, 'hard', hard)
        counter.limit, counter.version, counter.hard, counter.text = tonumber(limit), version, hard == '1', nil
      end
      states[index] = show_counter(counter)
      -- Money and tokens compare by the part of the limit that is left.
      local room = counter.limit - counter.used - counter.held
      local part = room / math.max(counter.limit, 1)
      if counter.hard and room < of(counter, wanted) and (not least or part < least) then
        refused, least = index, part
      end
    end
  end
  local rate_refusal, rates = check_rates(tonumber(tokens), tonumber(take()))

  local known = call('HGET', key, 'st')
  if known == 'released' then return 'G' end
  if #missing > 0 then return 'N ' .. epoch .. table.concat(missing) end
  if known then return 'D' .. table.concat(states) end
  if rate_refusal then return rate_refusal end
  if refused then return 'B ' .. (refused - 1) .. states[refused] .. (recall(load_counter(names[refused])) and ' 1' or ' 0') end

  for index = 1, counter_count do
    local counter = load_counter(names[index])
    add_held(counter, of(counter, wanted))
  end
  local stored, shown = write_rates(id, deadline, rates)
  call('HSET', key, 'st', 'held', 'boot', boot, 'amt', amount, 'dl', deadline, 'tok', tokens, 'tkh', tokens, 'ctr', table.concat(names, ' '), 'rts', stored, 'pay', payload)
  call('ZADD', DEADLINES, deadline, id)
  return 'H' .. table.concat(states) .. shown
end

local function extend()
  local key, amount, tokens = prefix .. 'h:' .. take(), take(), take()
  local hold = call('HMGET', key, 'st', 'ctr')
  if hold[1] ~= 'held' then return 'X' end
  local wanted = both(amount, tokens)
  for name in string.gmatch(hold[2], '%S+') do
    local counter = load_counter(name)
    if counter.hard and counter.limit - counter.used - counter.held < of(counter, wanted) then return recall(counter) and 'X1' or 'X' end
  end
  for name in string.gmatch(hold[2], '%S+') do
    local counter = load_counter(name)
    add_held(counter, of(counter, wanted))
  end
  if wanted.amount ~= 0 then call('HINCRBY', key, 'amt', amount) end
  if wanted.tokens ~= 0 then call('HINCRBY', key, 'tkh', tokens) end
  return 'E'
end

local function note()
  local key, payload = prefix .. 'h:' .. take(), take()
  if call('HGET', key, 'st') ~= 'held' then return '-' end
  call('HSET', key, 'pay', payload)
  return '+'
end

local function settle()
  local id, used, tokens, event = take(), take(), take(), take()
  local key = prefix .. 'h:' .. id
  local hold = call('HMGET', key, 'st', 'amt', 'ctr', 'rts', 'tok', 'tkh')
  -- Unknown: lost with the data and already in the rebuilt sum, or acknowledged long ago. Settled: a repeated call.
  if hold[1] ~= 'held' and hold[1] ~= 'suspense' then return '-' end
  leave_counters(hold[3], both(hold[2], hold[6]), both(used, tokens))
  leave_rates(id, hold[4], tokens - hold[5], false)
  call('HDEL', key, 'pay')
  call('HSET', key, 'st', 'settled', 'used', used, 'utk', tokens, 'ev', event)
  call('PEXPIRE', key, SETTLED_TTL_MS)
  call('ZREM', hold[1] == 'held' and DEADLINES or SUSPENSE, id)
  call('ZADD', SETTLED, format('%.0f', now() / 1000), id)
  return '+'
end

-- A request that was admitted while Redis could not be asked. Unknown here: its use is booked all the same.
local function book()
  local id, used, tokens, event, list = take(), take(), take(), take(), take()
  local key = prefix .. 'h:' .. id
  local hold = call('HMGET', key, 'st', 'amt', 'ctr', 'rts', 'tok', 'tkh')
  if hold[1] == 'settled' then return '-' end
  if hold[1] == 'held' or hold[1] == 'suspense' then
    leave_counters(hold[3], both(hold[2], hold[6]), both(used, tokens))
    leave_rates(id, hold[4], tokens - hold[5], false)
    call('ZREM', hold[1] == 'held' and DEADLINES or SUSPENSE, id)
    call('HDEL', key, 'pay')
  else
    leave_counters(list, NOTHING, both(used, tokens))
  end
  call('HSET', key, 'st', 'settled', 'used', used, 'utk', tokens, 'ev', event, 'ctr', list)
  call('PEXPIRE', key, SETTLED_TTL_MS)
  call('ZADD', SETTLED, format('%.0f', now() / 1000), id)
  return '+'
end

local function release()
  local id = take()
  local key = prefix .. 'h:' .. id
  local hold = call('HMGET', key, 'st', 'amt', 'ctr', 'rts', 'tok', 'tkh')
  if hold[1] == 'settled' then return '-' end
  if hold[1] == 'held' or hold[1] == 'suspense' then
    leave_counters(hold[3], both(hold[2], hold[6]), NOTHING)
    leave_rates(id, hold[4], -hold[5], true)
    call('DEL', key)
    call('ZREM', hold[1] == 'held' and DEADLINES or SUSPENSE, id)
  end
  -- The tombstone refuses a reserve that timed out, lay in an old socket, and arrives after its own release.
  call('HSET', key, 'st', 'released')
  call('PEXPIRE', key, TOMBSTONE_TTL_MS)
  return '+'
end

-- Part of a room for one lease: a tenth of it split over the live proxies, at least twenty requests, at most a twentieth of the room; nil when
-- that is less than twenty requests, for near a limit every request must be counted on its own.
local function share_of(room, typical, proxies)
  local least = 20 * typical
  local share = math.floor(math.min(room / 20, math.max(room / 10 / proxies, least)))
  return share >= least and share or nil
end

local function bound(limit, share) return share and limit and math.min(limit, share) end

-- What a lease that has `free` ready may have ready now; nil near any limit.
local function grant_of(lease, names, rates)
  local amount, tokens, requests = lease.most, 1000 * lease.typical.tokens, 1000
  for _, name in ipairs(names) do
    local counter = load_counter(name)
    if counter.hard then
      local room = counter.limit - counter.used - counter.held + of(counter, lease.free)
      if counter.is_tokens then tokens = bound(tokens, share_of(room, lease.typical.tokens, lease.proxies))
      else amount = bound(amount, share_of(room, lease.typical.amount, lease.proxies)) end
    end
  end
  for _, rate in ipairs(rates) do
    local clock = load_clock(rate.limit)
    if rate.rpm ~= '-' then
      local room = (now() + MINUTE_US - math.max(clock.requests, now())) * rate.rpm / MINUTE_US + lease.free.requests
      requests = bound(requests, share_of(room, 1, lease.proxies))
    end
    if rate.tpm ~= '-' then
      local room = (now() + MINUTE_US - math.max(clock.tokens, now())) * rate.tpm / MINUTE_US + lease.free.tokens
      tokens = bound(tokens, share_of(room, lease.typical.tokens, lease.proxies))
    end
  end
  -- A lease for a handful of dear requests would be asked for again at once.
  if not amount or not tokens or not requests or amount < 5 * lease.typical.amount then return nil end
  return { amount = amount, tokens = tokens, requests = requests }
end

local function take_size() return { amount = tonumber(take()), tokens = tonumber(take()), requests = tonumber(take()) } end

local function move_clocks(rates, tokens, requests)
  for _, rate in ipairs(rates) do
    local clock = load_clock(rate.limit)
    if rate.tpm ~= '-' and tokens ~= 0 then
      clock.tokens, clock.is_changed = math.max(clock.tokens, now()) + tokens * MINUTE_US / rate.tpm, true
    end
    if rate.rpm ~= '-' and requests ~= 0 then
      clock.requests, clock.is_changed = math.max(clock.requests, now()) + requests * MINUTE_US / rate.rpm, true
    end
  end
end

-- Its tombstone stops what was overtaken, and tells an audit for a while what was counted here and is perhaps not yet in Postgres.
local function return_lease(id, amount, tokens, list)
  local key = prefix .. 'h:' .. id
  call('DEL', key)
  call('HSET', key, 'st', 'returned', 'ca', format('%.0f', amount), 'ct', format('%.0f', tokens), 'ctr', list)
  call('PEXPIRE', key, RETURNED_TTL_MS)
  call('ZREMRANGEBYSCORE', LEASES_RETURNED, '-inf', format('%.0f', now() / 1000 - RETURNED_TTL_MS))
  call('ZADD', LEASES_RETURNED, format('%.0f', now() / 1000), id)
end

-- One message of a lease's holder: takes, renews, shrinks and returns it. Everything in it is a total, so that a message lost, repeated or
-- overtaken does no harm: what was consumed in all, and what must stay held (running requests and, unless it shrinks, what lies ready).
-- Modes: g = and grant more, if there is ample room; k = no more; e = and exactly `extra`, as an extension; c = and close it.
local function lease()
  local id, boot, revision, mode = take(), take(), tonumber(take()), take()
  local consumed, keep, running, extra = take_size(), take_size(), take_size(), take_size()
  local message = { typical = both(take(), take()), proxies = tonumber(take()), most = tonumber(take()) }
  local ttl = tonumber(take())
  local names, missing, rates, stored = {}, {}, {}, {}
  for index = 1, tonumber(take()) do
    local name, limit, version, hard = take(), take(), tonumber(take()), take()
    local counter = load_counter(name)
    names[index] = name
    if not counter.limit then missing[#missing + 1] = ' ' .. (index - 1)
    elseif version > counter.version then
      call('HSET', counter.key, 'limit', limit, 'ver', version, 'hard', hard)
      counter.limit, counter.version, counter.hard, counter.text = tonumber(limit), version, hard == '1', nil
    end
  end
  for index = 1, tonumber(take()) do
    local rate = { limit = take(), rpm = take(), tpm = take(), concurrency = take() }
    rates[index] = rate
    stored[index] = rate.limit .. ':' .. rate.rpm .. ':' .. rate.tpm .. ':' .. rate.concurrency
  end
  expire_leases()
  local key = prefix .. 'h:' .. id
  local known = call('HMGET', key, 'st', 'rev', 'amt', 'tkh', 'rq', 'ca', 'ct', 'cr', 'fa', 'ft')
  -- Taken before the data was lost and given up since: its tombstone went with the data.
  local is_stale = not known[1] and revision == 1 and tonumber(string.match(id, '%d+$') or '0') <= tonumber(call('HGET', LEASE_FLOORS, boot) or '0')
  if known[1] == 'returned' or is_stale then return 'G' end
  if #missing > 0 then return 'N ' .. epoch .. table.concat(missing) end

  local letter, add = 'L', { amount = 0, tokens = 0, requests = 0 }
  if not known[1] or revision > tonumber(known[2]) then
    local none = { amount = 0, tokens = 0, requests = 0 }
    local before, counted, was_free = none, none, none
    if known[1] then
      before = { amount = tonumber(known[3]), tokens = tonumber(known[4]), requests = tonumber(known[5]) }
      counted = { amount = tonumber(known[6]), tokens = tonumber(known[7]), requests = tonumber(known[8]) }
      was_free = both(known[9], known[10])
    elseif revision > 1 then
      -- Lost, and made again without this one: what was consumed is in the sum already, and what lay ready is not ours any more.
      letter, counted, keep = 'F', consumed, running
    end
    if mode == 'c' then keep, running = none, none end
    local spent = { amount = consumed.amount - counted.amount, tokens = consumed.tokens - counted.tokens, requests = consumed.requests - counted.requests }
    for _, name in ipairs(names) do
      local counter = load_counter(name)
      add_used(counter, of(counter, spent))
      add_held(counter, of(counter, keep) - of(counter, before))
    end
    move_clocks(rates, keep.tokens + spent.tokens - before.tokens, keep.requests + spent.requests - before.requests)
    message.free = { amount = keep.amount - running.amount, tokens = keep.tokens - running.tokens, requests = keep.requests }
    if mode == 'g' and letter == 'L' then
      local grant = grant_of(message, names, rates)
      if not grant then letter = 'T'
      else
        for part, amount in pairs(grant) do add[part] = math.max(0, amount - message.free[part]) end
      end
    elseif mode == 'e' and letter == 'L' then
      for _, name in ipairs(names) do
        local counter = load_counter(name)
        if counter.hard and counter.limit - counter.used - counter.held < of(counter, extra) then letter = recall(counter) and 'Y' or 'X' end
      end
      if letter == 'L' then add = extra end
    end
    for _, name in ipairs(names) do
      local counter = load_counter(name)
      add_held(counter, of(counter, add))
      add_leased(counter, of(counter, message.free) + of(counter, add) - of(counter, was_free))
    end
    move_clocks(rates, add.tokens, add.requests)
    if mode == 'c' then
      return_lease(id, consumed.amount, consumed.tokens, table.concat(names, ' '))
      call('ZREM', LEASES, id)
    else
      call('HSET', key, 'st', 'lease', 'boot', boot, 'rev', revision, 'ctr', table.concat(names, ' '), 'rts', table.concat(stored, ' '),
        'amt', format('%.0f', keep.amount + add.amount), 'tkh', format('%.0f', keep.tokens + add.tokens), 'rq', format('%.0f', keep.requests + add.requests),
        'ca', format('%.0f', consumed.amount), 'ct', format('%.0f', consumed.tokens), 'cr', format('%.0f', consumed.requests),
        'fa', format('%.0f', message.free.amount + add.amount), 'ft', format('%.0f', message.free.tokens + add.tokens))
      call('ZADD', LEASES, format('%.0f', now() / 1000 + ttl), id)
    end
    call('ZREM', LEASE_SUSPENSE, id)
  end
  local shown = {}
  for _, name in ipairs(names) do shown[#shown + 1] = show_counter(load_counter(name)) end
  for _, rate in ipairs(rates) do
    local clock = load_clock(rate.limit)
    shown[#shown + 1] = format(' %.0f %.0f 0', math.max(clock.requests - now(), 0), math.max(clock.tokens - now(), 0))
  end
  return format('%s %.0f %.0f %.0f', letter, add.amount, add.tokens, add.requests) .. table.concat(shown)
end

-- Leases whose proxies fell silent: id, boot, held money and tokens, since when.
local function list_suspended_leases()
  expire_leases()
  local records = {}
  for index, id in ipairs(call('ZRANGE', LEASE_SUSPENSE, '0', take() - 1)) do
    local lease = call('HMGET', prefix .. 'h:' .. id, 'boot', 'amt', 'tkh')
    records[index] = { id, lease[1], lease[2], lease[3], call('ZSCORE', LEASE_SUSPENSE, id) }
  end
  return records
end

-- Ends the leases of a dead boot with what its journal says was spent on each in all.
local function free_leases()
  for _ = 1, tonumber(take()) do
    local id, spent = take(), both(take(), take())
    local key = prefix .. 'h:' .. id
    local known = call('HMGET', key, 'st', 'amt', 'tkh', 'ca', 'ct', 'ctr', 'rts')
    if known[1] == 'lease-suspense' then
      local counted = both(known[4], known[5])
      local late = { amount = math.max(0, spent.amount - counted.amount), tokens = math.max(0, spent.tokens - counted.tokens) }
      leave_counters(known[6], both(known[2], known[3]), late)
      leave_rates(id, known[7], late.tokens - known[3], false)
      return_lease(id, math.max(spent.amount, counted.amount), math.max(spent.tokens, counted.tokens), known[6])
      call('ZREM', LEASE_SUSPENSE, id)
    end
  end
  return '+'
end

-- Where the clocks of some limits stand, without moving them: microseconds ahead for requests and for tokens, and how many are running.
local function read_rates()
  local shown = {}
  for index = 1, tonumber(take()) do
    local limit = take()
    local clock = load_clock(limit)
    local running = call('ZCOUNT', prefix .. 'c:' .. limit, format('(%.0f', now() / 1000), '+inf')
    shown[index] = format(' %.0f %.0f %.0f', math.max(clock.requests - now(), 0), math.max(clock.tokens - now(), 0), running)
  end
  return 'T' .. table.concat(shown)
end

local function read()
  local states = {}
  for index = 1, tonumber(take()) do
    local counter = load_counter(take())
    states[index] = counter.limit and show_counter(counter) or ' - - -'
  end
  return 'S ' .. epoch .. table.concat(states)
end

-- Sets counters that this epoch has not met. The caller read Postgres under the epoch that it names; had the data been rebuilt since,
-- that sum could miss what was settled in between.
local function init()
  local expected, count = take(), tonumber(take())
  local reply = expected == epoch and 'I' or 'M'
  for _ = 1, count do
    local name, used, limit, version, hard, unit, ttl = take(), take(), take(), take(), take(), take(), take()
    local key = prefix .. 'b:' .. name
    if reply == 'I' and call('HSETNX', key, 'limit', limit) == 1 then
      call('HSET', key, 'used', used, 'held', '0', 'ver', version, 'hard', hard, 'unit', unit)
      counters[name] = nil
      local expires = '+inf'
      if ttl ~= '0' then
        call('PEXPIRE', key, ttl)
        expires = format('%.0f', now() / 1000 + ttl)
      end
      call('ZREMRANGEBYSCORE', COUNTERS, '-inf', format('(%.0f', now() / 1000))
      call('ZADD', COUNTERS, expires, name)
    end
  end
  return reply
end

local function suspend(id, score)
  call('HSET', prefix .. 'h:' .. id, 'st', 'suspense')
  call('ZREM', DEADLINES, id)
  call('ZADD', SUSPENSE, score, id)
end

-- The holds of boots that are over do not wait for their deadline: whoever would settle them is gone.
local function suspend_boots()
  local is_over = {}
  for _ = 1, tonumber(take()) do is_over[take()] = true end
  for _, id in ipairs(call('ZRANGE', DEADLINES, '0', '-1')) do
    if is_over[call('HGET', prefix .. 'h:' .. id, 'boot')] then suspend(id, format('%.0f', now() / 1000)) end
  end
  return '+'
end

-- Every expired hold moves to suspense: it still narrows the room, because nobody knows yet what it cost. Replies all that is in suspense,
-- so that a sweeper which died half-way finds the rest again.
local function sweep()
  local deadline, limit = take(), take()
  for _, id in ipairs(call('ZRANGEBYSCORE', DEADLINES, '-inf', deadline, 'LIMIT', '0', limit)) do suspend(id, deadline) end
  local records = {}
  for index, id in ipairs(call('ZRANGE', SUSPENSE, '0', limit - 1)) do
    local hold = call('HMGET', prefix .. 'h:' .. id, 'boot', 'amt', 'dl', 'pay')
    records[index] = { id, hold[1], hold[2], hold[3], hold[4] }
  end
  return records
end

local function drop()
  for _ = 1, tonumber(take()) do
    local id, used, tokens = take(), take(), take()
    local key = prefix .. 'h:' .. id
    local hold = call('HMGET', key, 'st', 'amt', 'ctr', 'rts', 'tkh')
    if hold[1] == 'suspense' then
      leave_counters(hold[3], both(hold[2], hold[5]), both(used, tokens))
      leave_rates(id, hold[4], 0, false)
      call('DEL', key)
      call('ZREM', SUSPENSE, id)
    end
  end
  return '+'
end

local function list_settled()
  local before, limit = take(), take()
  local records = {}
  for _, id in ipairs(call('ZRANGEBYSCORE', SETTLED, '-inf', before, 'LIMIT', '0', limit)) do
    local hold = call('HMGET', prefix .. 'h:' .. id, 'st', 'ev', 'used', 'ctr', 'utk')
    if hold[1] == 'settled' then records[#records + 1] = { id, hold[2], hold[3], hold[4], hold[5] } else call('ZREM', SETTLED, id) end
  end
  return records
end

local function acknowledge()
  for _ = 1, tonumber(take()) do
    local id = take()
    local key = prefix .. 'h:' .. id
    if call('HGET', key, 'st') == 'settled' then call('DEL', key) end
    call('ZREM', SETTLED, id)
  end
  return '+'
end

-- Everything that a rebuild or an audit wants to know about the data as it lies here, valid or not.
local function survey()
  flush()
  local holds, counters = {}, {}
  for _, set in ipairs({ DEADLINES, SUSPENSE }) do
    for _, id in ipairs(call('ZRANGE', set, '0', '-1')) do
      local hold = call('HMGET', prefix .. 'h:' .. id, 'boot', 'amt', 'dl', 'tok', 'tkh', 'ctr', 'rts', 'pay')
      if hold[2] then holds[#holds + 1] = { id, hold[1], hold[2], hold[3], hold[4], hold[5], hold[6], hold[7], hold[8] or '' } end
    end
  end
  for _, counter in ipairs(call('ZRANGE', COUNTERS, '0', '-1')) do
    local state = call('HMGET', prefix .. 'b:' .. counter, 'limit', 'used', 'held', 'ver', 'hard', 'unit')
    if state[1] then counters[#counters + 1] = { counter, state[1], state[2], state[3], state[4], state[5], state[6] } end
  end
  local leases = {}
  for _, set in ipairs({ LEASES, LEASE_SUSPENSE }) do
    for _, id in ipairs(call('ZRANGE', set, '0', '-1')) do
      local lease = call('HMGET', prefix .. 'h:' .. id, 'boot', 'amt', 'tkh', 'rq', 'ca', 'ct', 'cr', 'rev', 'ctr', 'rts')
      if lease[1] then leases[#leases + 1] = { id, unpack(lease) } end
    end
  end
  local returned = {}
  for _, id in ipairs(call('ZRANGE', LEASES_RETURNED, '0', '-1')) do
    local lease = call('HMGET', prefix .. 'h:' .. id, 'ca', 'ct', 'ctr')
    if lease[3] then returned[#returned + 1] = { id, lease[1], lease[2], lease[3] } end
  end
  return { epoch or '', holds, counters, leases, returned }
end

-- A repair by difference commutes with every settle that happens meanwhile; the epoch guards against a rebuild in between.
local function adjust()
  local expected, name, version, difference = take(), take(), tonumber(take()), tonumber(take())
  local counter = load_counter(name)
  if expected ~= epoch or counter.version ~= version then return 'M' end
  add_used(counter, difference)
  return '+'
end

local operations = {
  y = read_rates,
  r = reserve, e = extend, n = note, s = settle, x = release, g = read, i = init,
  w = sweep, z = suspend_boots, d = drop, l = list_settled, a = acknowledge, v = survey, j = adjust, b = book, k = lease, p = list_suspended_leases, f = free_leases,
}
local replies, is_text = {}, true
while at < #fields do
  local reply = operations[take()]()
  is_text = is_text and type(reply) == 'string'
  replies[#replies + 1] = reply
end
flush()
if not is_text then return replies end
-- One text for all of them: a client spends more on sixty small replies than on splitting one.
replies[#replies + 1] = ''
return table.concat(replies, '\31')
