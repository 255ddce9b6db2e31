-- Replaces an organization's quota data in one atomic step and publishes its new epoch.
--
-- KEYS[1] q:{org}:epoch · ARGV[1] prefix · ARGV[2] this rebuild's nonce · ARGV[3] the new epoch
-- ARGV[4…] number of counters, then (counter, used, limit, version, hard, unit, ttlMs) each;
--          number of holds, then (id, state, boot, amount, deadlineMs, tokens, heldTokens, counters, rates, payload) each;
--          number of leases, then (id, state, boot, revision, kept amount, tokens, requests, consumed amount, tokens, requests, ttlMs, counters, rates) each;
--          number of boots, then (boot, highest number of a lease that is over) each
-- Replies OK, or LOST when a later rebuild took over or the data vanished again: then nothing is changed.
local call = redis.call
local prefix, nonce, epoch = ARGV[1], ARGV[2], ARGV[3]
if call('GET', prefix .. 'rbn') ~= nonce then return 'LOST' end

-- Settled records stay: they are the second witness of events that Postgres may not have yet, and narrow nothing.
for _, set in ipairs({ 'hz', 'uz', 'lz', 'ls' }) do
  for _, id in ipairs(call('ZRANGE', prefix .. set, '0', '-1')) do call('DEL', prefix .. 'h:' .. id) end
  call('DEL', prefix .. set)
end
for _, counter in ipairs(call('ZRANGE', prefix .. 'bz', '0', '-1')) do call('DEL', prefix .. 'b:' .. counter) end
call('DEL', prefix .. 'bz')

local time = call('TIME')
local now_ms = time[1] * 1000 + math.floor(time[2] / 1000)
local at = 3
local function take()
  at = at + 1
  return ARGV[at]
end

local units = {}
for _ = 1, tonumber(take()) do
  local counter, used, limit, version, hard, unit, ttl = take(), take(), take(), take(), take(), take(), take()
  local key = prefix .. 'b:' .. counter
  call('DEL', key)
  call('HSET', key, 'used', used, 'limit', limit, 'held', '0', 'ver', version, 'hard', hard, 'unit', unit)
  units[counter] = unit
  if ttl ~= '0' then call('PEXPIRE', key, ttl) end
  call('ZADD', prefix .. 'bz', ttl == '0' and '+inf' or string.format('%.0f', now_ms + ttl), counter)
end

local cleared = {}
for _ = 1, tonumber(take()) do
  local id, state, boot, amount, deadline, tokens, held_tokens, counters, rates, payload =
    take(), take(), take(), take(), take(), take(), take(), take(), take(), take()
  local key = prefix .. 'h:' .. id
  call('DEL', key)
  call('HSET', key, 'st', state, 'boot', boot, 'amt', amount, 'dl', deadline, 'tok', tokens, 'tkh', held_tokens, 'ctr', counters, 'rts', rates, 'pay', payload)
  call('ZADD', prefix .. (state == 'held' and 'hz' or 'uz'), deadline, id)
  for counter in string.gmatch(counters, '%S+') do
    call('HINCRBY', prefix .. 'b:' .. counter, 'held', units[counter] == 'tokens' and held_tokens or amount)
  end
  for limit, concurrency in string.gmatch(rates, '([^:%s]+):[^:%s]+:[^:%s]+:([^:%s]+)') do
    if concurrency ~= '-' then
      if not cleared[limit] then
        call('DEL', prefix .. 'c:' .. limit)
        cleared[limit] = true
      end
      call('ZADD', prefix .. 'c:' .. limit, deadline, id)
    end
  end
end

for _ = 1, tonumber(take()) do
  local id, state, boot, revision = take(), take(), take(), take()
  local amount, tokens, requests, used_amount, used_tokens, used_requests = take(), take(), take(), take(), take(), take()
  local ttl, counters, rates = take(), take(), take()
  local key = prefix .. 'h:' .. id
  call('DEL', key)
  call('HSET', key, 'st', state, 'boot', boot, 'rev', revision, 'amt', amount, 'tkh', tokens, 'rq', requests,
    'ca', used_amount, 'ct', used_tokens, 'cr', used_requests, 'fa', '0', 'ft', '0', 'ctr', counters, 'rts', rates)
  if state == 'lease' then call('ZADD', prefix .. 'lz', string.format('%.0f', now_ms + ttl), id)
  else call('ZADD', prefix .. 'ls', string.format('%.0f', now_ms), id) end
  for counter in string.gmatch(counters, '%S+') do
    call('HINCRBY', prefix .. 'b:' .. counter, 'held', units[counter] == 'tokens' and tokens or amount)
  end
end

call('DEL', prefix .. 'lf')
for _ = 1, tonumber(take()) do
  local boot, floor = take(), take()
  call('HSET', prefix .. 'lf', boot, floor)
end

call('DEL', prefix .. 'rbn')
call('SET', KEYS[1], epoch)
return 'OK'
