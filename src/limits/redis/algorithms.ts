/**
 * The algorithms in Lua, each in three steps: `look` reads the state and says whether there is room (`retry`: until there
 * may be), `take` charges and writes, `left` gives what remains and until when all is there again.
 *
 * They follow `src/limits/algorithms` to the number: whoever changes one changes the other, and keeps the order of the
 * arithmetic. Numbers with fractions are written with 17 digits, which give the same number back.
 *
 * Redis makes the functions anew for each call, which takes longer than running them: only those of the algorithms that a
 * call has are made.
 */

/** State: the start of a window, and what was used in it. */
const windows = `
local function countIn(windowOf)
  return {
    look = function(c)
      local start, ends = windowOf(c)
      local at, used = match(call('GET', c.key) or '', '^(%d+) (%d+)$')
      c.at, c.used = start, 0
      -- A later window comes from a clock that went back.
      if at and tonumber(at) >= start then c.at, c.used = tonumber(at), tonumber(used) end
      c.reset = ends - now
      c.keep = c.reset + c.at - start
      c.retry = c.reset
      return c.used + c.n <= c.max
    end,
    take = function(c)
      c.used = c.used + c.n
      save(c, format('%.0f %.0f', c.at, c.used), c.keep)
    end,
    left = function(c) return c.max - c.used, c.reset end,
  }
end
`;

const fixedWindow = `
  return countIn(function(c)
    local start = floor(now / c.window) * c.window
    return start, start + c.window
  end)
`;

/** Civil dates from days since 1970 and back: howardhinnant.github.io/date_algorithms.html */
const quota = `
  local day = 86400000
  local function monthOf(days)
    local z = days + 719468
    local era = floor(z / 146097)
    local doe = z - era * 146097
    local yoe = floor((doe - floor(doe / 1460) + floor(doe / 36524) - floor(doe / 146096)) / 365)
    local mp = floor((5 * (doe - (365 * yoe + floor(yoe / 4) - floor(yoe / 100))) + 2) / 153)
    local m = mp < 10 and mp + 3 or mp - 9
    return (yoe + era * 400 + (m <= 2 and 1 or 0)) * 12 + m - 1
  end
  local function startOfMonth(months)
    local y, m = floor(months / 12), months % 12 + 1
    if m <= 2 then y = y - 1 end
    local era = floor(y / 400)
    local yoe = y - era * 400
    local doy = floor((153 * (m > 2 and m - 3 or m + 9) + 2) / 5)
    return (era * 146097 + yoe * 365 + floor(yoe / 4) - floor(yoe / 100) + doy - 719468) * day
  end
  return countIn(function(c)
    local days = floor(now / day)
    if c.extra == 'day' then return days * day, (days + 1) * day end
    local months = monthOf(days)
    return startOfMonth(months), startOfMonth(months + 1)
  end)
`;

/** State: slots and what was used in each, oldest first. */
const slidingWindow = `
  local function left(c)
    local newest = c.slots[#c.slots]
    return c.max - c.sum, newest and (newest + 1) * c.slot + c.window - now or 0
  end
  return {
    look = function(c)
      c.slot = ceil(c.window / 10)
      c.slots, c.counts, c.sum = {}, {}, 0
      for j, count in string.gmatch(call('GET', c.key) or '', '(%d+) (%d+)') do
        j, count = tonumber(j), tonumber(count)
        if (j + 1) * c.slot > now - c.window then
          c.slots[#c.slots + 1], c.counts[#c.counts + 1] = j, count
          c.sum = c.sum + count
        end
      end
      if c.sum + c.n <= c.max then return true end
      local sum = c.sum
      c.retry = 1
      for i, j in ipairs(c.slots) do
        sum = sum - c.counts[i]
        c.retry = (j + 1) * c.slot + c.window - now
        if sum + c.n <= c.max then break end
      end
      return false
    end,
    take = function(c)
      local present = floor(now / c.slot)
      local i = #c.slots
      while i > 0 and c.slots[i] > present do i = i - 1 end
      if i > 0 and c.slots[i] == present then
        c.counts[i] = c.counts[i] + c.n
      else
        table.insert(c.slots, i + 1, present)
        table.insert(c.counts, i + 1, c.n)
      end
      c.sum = c.sum + c.n
      local parts = {}
      for k, j in ipairs(c.slots) do parts[k] = format('%.0f %.0f', j, c.counts[k]) end
      local _, resetMs = left(c)
      save(c, table.concat(parts, ' '), resetMs)
    end,
    left = left,
  }
`;

/** State of buckets: for how long the limit was busy, in milliseconds, and when. */
const buckets = `
local function lookBusy(c)
  c.unit = c.window / c.max
  c.slack = math.min(c.unit, 1) / 1000
  c.size = tonumber(c.extra)
  local used, at = match(call('GET', c.key) or '', '^(%S+) (%d+)$')
  c.busy = used and max(tonumber(used) - (now - tonumber(at)), 0) or 0
end
local function takeBusy(c)
  c.busy = c.busy + c.n * c.unit
  save(c, format('%.17g %.0f', c.busy, now), c.busy)
end
`;

const tokenBucket = `
  return {
    look = function(c)
      lookBusy(c)
      c.burst = c.size * c.unit
      c.retry = c.busy + c.n * c.unit - c.burst - c.slack
      return c.busy + c.n * c.unit <= c.burst + c.slack
    end,
    take = takeBusy,
    left = function(c) return (c.burst - c.busy + c.slack) / c.unit, c.busy - c.slack end,
  }
`;

const leakyBucket = `
  return {
    look = function(c)
      lookBusy(c)
      c.retry = c.busy - c.size - c.slack
      return c.busy <= c.size + c.slack
    end,
    take = function(c)
      c.wait = max(0, ceil(c.busy - c.slack))
      takeBusy(c)
    end,
    left = function(c) return floor((c.size - c.busy + c.slack) / c.unit) + 1, c.busy - c.slack end,
  }
`;

/** State: who has a place, and until when it is held. */
const concurrency = `
  return {
    look = function(c)
      c.live = call('ZCOUNT', c.key, format('(%.0f', now), '+inf')
      c.retry = 1000
      return c.live + 1 <= c.max
    end,
    take = function(c)
      call('ZREMRANGEBYSCORE', c.key, '-inf', now)
      call('ZADD', c.key, now + leaseMs, c.extra)
      call('PEXPIRE', c.key, leaseMs)
      c.live = c.live + 1
    end,
    left = function(c) return c.max - c.live, c.live > 0 and 1000 or 0 end,
  }
`;

/** Defines `algorithmOf(kind)`; needs `now`, `graceMs` and `leaseMs`. */
export const luaAlgorithms = `
local floor, ceil, max, match, format, call = math.floor, math.ceil, math.max, string.match, string.format, redis.call
local function save(c, text, ms)
  call('SET', c.key, text, 'PX', max(1, ceil(ms)) + graceMs)
end
${windows}
${buckets}
local function define(kind)
  if kind == 'fixed-window' then
${fixedWindow}
  elseif kind == 'sliding-window' then
${slidingWindow}
  elseif kind == 'token-bucket' then
${tokenBucket}
  elseif kind == 'leaky-bucket' then
${leakyBucket}
  elseif kind == 'quota' then
${quota}
  elseif kind == 'concurrency' then
${concurrency}
  end
end
local algorithms = {}
local function algorithmOf(kind)
  local algorithm = algorithms[kind]
  if not algorithm then
    algorithm = define(kind)
    algorithms[kind] = algorithm
  end
  return algorithm
end
`;
