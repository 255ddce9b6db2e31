-- Applies a list of quota operations of ONE organization, in order, as one atomic step.
--
-- KEYS[1]  q:{org}:epoch; every other key is ARGV[1] .. suffix, so all of them share the hash tag and one cluster slot
-- ARGV[1]  prefix "q:{org}:"
-- ARGV[2]  the server's stamp "<run_id>/<replication id>"; '' skips the epoch check (only for operations that are safe on any data)
-- ARGV[3…] operations, each a letter followed by its own arguments
--
-- Replies REBUILD, having changed nothing, when the epoch is missing or belongs to another run of Redis: this data may be empty, cut
-- or stale, and a missing limit means unknown, never unlimited. Otherwise replies one element per operation.
--
-- Money is never added in Lua and never leaves through tostring or cjson, which lose digits from 10^14 on: HINCRBY takes and
-- keeps 64-bit integers as text. Comparisons use doubles, exact below 2^53 nano-USD ($9 million), the cap of a budget.
local call, format = redis.call, string.format
local prefix, stamp = ARGV[1], ARGV[2]
local epoch = call('GET', KEYS[1])
if stamp ~= '' and (not epoch or string.sub(epoch, 1, #stamp + 1) ~= stamp .. ':') then return 'REBUILD' end

local MINUTE_US = 60000000
local SETTLED_TTL_MS = '604800000'
local TOMBSTONE_TTL_MS = '600000'
local DEADLINES, SUSPENSE, SETTLED, COUNTERS = prefix .. 'hz', prefix .. 'uz', prefix .. 'sz', prefix .. 'bz'

local at = 2
local function take()
  at = at + 1
  return ARGV[at]
end

local now_us
local function now()
  if not now_us then
    local time = call('TIME')
    now_us = time[1] * 1000000 + time[2]
  end
  return now_us
end

local function negate(text)
  if string.sub(text, 1, 1) == '-' then return string.sub(text, 2) end
  return '-' .. text
end

local function add_held(counter, amount)
  if amount == '0' then return end
  if call('HINCRBY', counter, 'held', amount) < 0 then
    -- Only damaged data gets here. Held below zero would widen the room, and a counter made of nothing but this field has no limit.
    if call('HEXISTS', counter, 'limit') == 1 then call('HSET', counter, 'held', '0') else call('DEL', counter) end
  end
end

-- Frees what a hold held on each of its counters, and books what was used there.
local function leave_counters(list, amount, used)
  local back = amount == '0' and '0' or negate(amount)
  for counter in string.gmatch(list, '%S+') do
    local key = prefix .. 'b:' .. counter
    if used ~= '0' then call('HINCRBY', key, 'used', used) end
    add_held(key, back)
  end
end

-- Moves the token clock of each limit by the tokens that were reserved wrongly, and gives back the place among concurrent requests.
-- A released hold counts as if it never were, so it also gives back its request.
local function leave_rates(id, list, tokens, is_released)
  for limit, rpm, tpm, concurrency in string.gmatch(list, '([^:%s]+):([^:%s]+):([^:%s]+):([^:%s]+)') do
    local key = prefix .. 'r:' .. limit
    if tpm ~= '-' and tokens ~= 0 then call('HINCRBY', key, 'tt', format('%.0f', tokens * MINUTE_US / tpm)) end
    if rpm ~= '-' and is_released then call('HINCRBY', key, 'rt', format('%.0f', -MINUTE_US / rpm)) end
    if concurrency ~= '-' then call('ZREM', prefix .. 'c:' .. limit, id) end
  end
end

local function read_state(counter)
  local state = call('HMGET', prefix .. 'b:' .. counter, 'limit', 'used', 'held')
  if not state[1] then return '- - -' end
  return state[1] .. ' ' .. state[2] .. ' ' .. state[3]
end

-- The rate limits of a reserve. Returns a refusal, or nil and the clocks to write if everything else fits too.
local function check_rates(id, tokens, count)
  local rates = {}
  local refusal
  for index = 1, count do
    local limit, rpm, tpm, concurrency = take(), take(), take(), take()
    local rate = { limit = limit, rpm = rpm, tpm = tpm, concurrency = concurrency, requests = 0, tokens = 0, running = 0 }
    rates[index] = rate
    if not refusal then
      if concurrency ~= '-' then
        local key = prefix .. 'c:' .. limit
        rate.running = call('ZCARD', key)
        if rate.running >= tonumber(concurrency) and call('ZREMRANGEBYSCORE', key, '-inf', format('%.0f', now() / 1000)) > 0 then
          rate.running = call('ZCARD', key)
        end
        if rate.running >= tonumber(concurrency) then refusal = 'R ' .. (index - 1) .. ' concurrency 1000' end
      end
      if not refusal and (rpm ~= '-' or tpm ~= '-') then
        local clocks = call('HMGET', prefix .. 'r:' .. limit, 'rt', 'tt')
        if rpm ~= '-' then
          local next_at = math.max(tonumber(clocks[1] or '0'), now()) + MINUTE_US / rpm
          -- Half a microsecond of grace: clocks are stored as whole microseconds.
          local excess = next_at - now() - MINUTE_US
          if excess > 0.5 then refusal = 'R ' .. (index - 1) .. ' requests_per_minute ' .. format('%.0f', math.ceil(excess / 1000)) end
          rate.requests = next_at
        end
        if not refusal and tpm ~= '-' then
          local from = math.max(tonumber(clocks[2] or '0'), now())
          local next_at = from + tokens * MINUTE_US / tpm
          local excess = next_at - now() - MINUTE_US
          -- A request larger than the whole limit runs when the limit is entirely free, and its debt is then waited off.
          if excess > 0.5 and from > now() then
            refusal = 'R ' .. (index - 1) .. ' tokens_per_minute ' .. format('%.0f', math.ceil(math.min(excess, from - now()) / 1000))
          end
          rate.tokens = next_at
        end
      end
    end
  end
  return refusal, rates
end

local function write_rates(id, deadline, rates)
  local stored, shown = {}, {}
  for index, rate in ipairs(rates) do
    local key = prefix .. 'r:' .. rate.limit
    if rate.rpm ~= '-' and rate.tpm ~= '-' then
      call('HSET', key, 'rt', format('%.0f', rate.requests), 'tt', format('%.0f', rate.tokens))
    elseif rate.rpm ~= '-' then
      call('HSET', key, 'rt', format('%.0f', rate.requests))
    elseif rate.tpm ~= '-' then
      call('HSET', key, 'tt', format('%.0f', rate.tokens))
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
  local wanted = tonumber(amount)
  local counters, states, missing = {}, {}, {}
  local refused, least
  for index = 1, counter_count do
    local counter, limit, version, hard = take(), take(), take(), take()
    local counter_key = prefix .. 'b:' .. counter
    local state = call('HMGET', counter_key, 'limit', 'used', 'held', 'ver', 'hard')
    counters[index] = counter
    if not state[1] then
      missing[#missing + 1] = ' ' .. (index - 1)
    else
      if tonumber(version) > tonumber(state[4]) then
        call('HSET', counter_key, 'limit', limit, 'ver', version, 'hard', hard)
        state[1], state[5] = limit, hard
      end
      states[index] = ' ' .. state[1] .. ' ' .. state[2] .. ' ' .. state[3]
      local room = state[1] - state[2] - state[3]
      if state[5] == '1' and room < wanted and (not least or room < least) then
        refused, least = index, room
      end
    end
  end
  local rate_refusal, rates = check_rates(id, tonumber(tokens), tonumber(take()))

  local known = call('HGET', key, 'st')
  if known == 'released' then return 'G' end
  if #missing > 0 then return 'N ' .. epoch .. table.concat(missing) end
  if known then return 'D' .. table.concat(states) end
  if rate_refusal then return rate_refusal end
  if refused then return 'B ' .. (refused - 1) .. states[refused] end

  for index = 1, counter_count do add_held(prefix .. 'b:' .. counters[index], amount) end
  local stored, shown = write_rates(id, deadline, rates)
  call('HSET', key, 'st', 'held', 'boot', boot, 'amt', amount, 'dl', deadline, 'tok', tokens, 'ctr', table.concat(counters, ' '), 'rts', stored, 'pay', payload)
  call('ZADD', DEADLINES, deadline, id)
  return 'H' .. table.concat(states) .. shown
end

local function extend()
  local key, delta = prefix .. 'h:' .. take(), take()
  local hold = call('HMGET', key, 'st', 'ctr')
  if hold[1] ~= 'held' then return 'X' end
  local wanted = tonumber(delta)
  for counter in string.gmatch(hold[2], '%S+') do
    local state = call('HMGET', prefix .. 'b:' .. counter, 'limit', 'used', 'held', 'hard')
    if state[4] == '1' and state[1] - state[2] - state[3] < wanted then return 'X' end
  end
  for counter in string.gmatch(hold[2], '%S+') do add_held(prefix .. 'b:' .. counter, delta) end
  if delta ~= '0' then call('HINCRBY', key, 'amt', delta) end
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
  local hold = call('HMGET', key, 'st', 'amt', 'ctr', 'rts', 'tok')
  -- Unknown: lost with the data and already in the rebuilt sum, or acknowledged long ago. Settled: a repeated call.
  if hold[1] ~= 'held' and hold[1] ~= 'suspense' then return '-' end
  leave_counters(hold[3], hold[2], used)
  leave_rates(id, hold[4], tokens - hold[5], false)
  call('HDEL', key, 'pay')
  call('HSET', key, 'st', 'settled', 'used', used, 'ev', event)
  call('PEXPIRE', key, SETTLED_TTL_MS)
  call('ZREM', hold[1] == 'held' and DEADLINES or SUSPENSE, id)
  call('ZADD', SETTLED, format('%.0f', now() / 1000), id)
  return '+'
end

local function release()
  local id = take()
  local key = prefix .. 'h:' .. id
  local hold = call('HMGET', key, 'st', 'amt', 'ctr', 'rts', 'tok')
  if hold[1] == 'settled' then return '-' end
  if hold[1] == 'held' or hold[1] == 'suspense' then
    leave_counters(hold[3], hold[2], '0')
    leave_rates(id, hold[4], -hold[5], true)
    call('DEL', key)
    call('ZREM', hold[1] == 'held' and DEADLINES or SUSPENSE, id)
  end
  -- The tombstone refuses a reserve that timed out, lay in an old socket, and arrives after its own release.
  call('HSET', key, 'st', 'released')
  call('PEXPIRE', key, TOMBSTONE_TTL_MS)
  return '+'
end

local function read()
  local states = {}
  for index = 1, tonumber(take()) do states[index] = ' ' .. read_state(take()) end
  return 'S ' .. epoch .. table.concat(states)
end

-- Sets counters that this epoch has not met. The caller read Postgres under the epoch that it names; had the data been rebuilt since,
-- that sum could miss what was settled in between.
local function init()
  local expected, count = take(), tonumber(take())
  local reply = expected == epoch and 'I' or 'M'
  for _ = 1, count do
    local counter, used, limit, version, hard, ttl = take(), take(), take(), take(), take(), take()
    local key = prefix .. 'b:' .. counter
    if reply == 'I' and call('HSETNX', key, 'limit', limit) == 1 then
      call('HSET', key, 'used', used, 'held', '0', 'ver', version, 'hard', hard)
      local expires = '+inf'
      if ttl ~= '0' then
        call('PEXPIRE', key, ttl)
        expires = format('%.0f', now() / 1000 + ttl)
      end
      call('ZREMRANGEBYSCORE', COUNTERS, '-inf', format('(%.0f', now() / 1000))
      call('ZADD', COUNTERS, expires, counter)
    end
  end
  return reply
end

-- Every expired hold moves to suspense: it still narrows the room, because nobody knows yet what it cost. Replies all that is in suspense,
-- so that a sweeper which died half-way finds the rest again.
local function sweep()
  local deadline, limit = take(), take()
  for _, id in ipairs(call('ZRANGEBYSCORE', DEADLINES, '-inf', deadline, 'LIMIT', '0', limit)) do
    call('HSET', prefix .. 'h:' .. id, 'st', 'suspense')
    call('ZREM', DEADLINES, id)
    call('ZADD', SUSPENSE, deadline, id)
  end
  local records = {}
  for index, id in ipairs(call('ZRANGE', SUSPENSE, '0', limit - 1)) do
    local hold = call('HMGET', prefix .. 'h:' .. id, 'boot', 'amt', 'dl', 'pay')
    records[index] = { id, hold[1], hold[2], hold[3], hold[4] }
  end
  return records
end

local function drop()
  for _ = 1, tonumber(take()) do
    local id, used = take(), take()
    local key = prefix .. 'h:' .. id
    local hold = call('HMGET', key, 'st', 'amt', 'ctr', 'rts')
    if hold[1] == 'suspense' then
      leave_counters(hold[3], hold[2], used)
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
    local hold = call('HMGET', prefix .. 'h:' .. id, 'st', 'ev', 'used', 'ctr')
    if hold[1] == 'settled' then records[#records + 1] = { id, hold[2], hold[3], hold[4] } else call('ZREM', SETTLED, id) end
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
  local holds, counters = {}, {}
  for _, set in ipairs({ DEADLINES, SUSPENSE }) do
    for _, id in ipairs(call('ZRANGE', set, '0', '-1')) do
      local hold = call('HMGET', prefix .. 'h:' .. id, 'boot', 'amt', 'dl', 'tok', 'ctr', 'rts', 'pay')
      if hold[2] then holds[#holds + 1] = { id, hold[1], hold[2], hold[3], hold[4], hold[5], hold[6], hold[7] or '' } end
    end
  end
  for _, counter in ipairs(call('ZRANGE', COUNTERS, '0', '-1')) do
    local state = call('HMGET', prefix .. 'b:' .. counter, 'limit', 'used', 'held', 'ver', 'hard')
    if state[1] then counters[#counters + 1] = { counter, state[1], state[2], state[3], state[4], state[5] } end
  end
  return { epoch or '', holds, counters }
end

-- A repair by difference commutes with every settle that happens meanwhile; the epoch guards against a rebuild in between.
local function adjust()
  local expected, counter, version, difference = take(), take(), take(), take()
  local key = prefix .. 'b:' .. counter
  if expected ~= epoch or call('HGET', key, 'ver') ~= version then return 'M' end
  call('HINCRBY', key, 'used', difference)
  return '+'
end

local operations = {
  r = reserve, e = extend, n = note, s = settle, x = release, g = read, i = init,
  w = sweep, d = drop, l = list_settled, a = acknowledge, v = survey, j = adjust,
}
local replies = {}
while at < #ARGV do replies[#replies + 1] = operations[take()]() end
return replies
