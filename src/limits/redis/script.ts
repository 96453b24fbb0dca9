/**
 * What Redis runs for one call of the limiter: all charges in one script, so that nothing comes between looking and
 * taking. `algorithms.ts` has the algorithms; here is what frames them.
 *
 * KEYS: one for each charge; more may follow and are not looked at (see `commands.ts`).
 * ARGV: until when the caller waits, in milliseconds of Redis's clock (0: not known); how many charges; then six values
 * for each: kind, amount, force (2: refuses all, 1: enforced, 0: measured), and three of its algorithm.
 * Reply, integers: Redis's time; 1 where it is too late and nothing was done, else 0; how long to wait; then four for each
 * charge: 1 where it has room, what remains, until all is there again, until there may be room.
 */

import { luaAlgorithms } from './algorithms.ts';

export interface ScriptParts {
  /** A Lua expression: milliseconds since 1970, an integer. */
  readonly clock: string;
  /** How much longer than needed state is kept, in milliseconds. */
  readonly graceMs: number;
  /** How long a place of `concurrency` is held for an instance that says nothing more, in milliseconds. */
  readonly leaseMs: number;
}

/** Values before those of the charges, and for each charge. */
export const argumentLayout = { head: 2, perCharge: 6 } as const;
/** The same of the reply. */
export const replyLayout = { head: 3, perCharge: 4 } as const;

export const redisClock =
  "(function() local t = redis.call('TIME') return t[1] * 1000 + math.floor(t[2] / 1000) end)()";

/** Pure. Every `look` only reads, so that a value of a wrong type ends the script before anything is written. */
export function chargeScript({ clock, graceMs, leaseMs }: ScriptParts): string {
  return `
local now = ${clock}
local graceMs, leaseMs = ${graceMs}, ${leaseMs}
local waitsUntil = tonumber(ARGV[1])
if waitsUntil > 0 and now > waitsUntil then return {now, 1, 0} end
${luaAlgorithms}
local charges, isRefused = {}, false
for i = 1, tonumber(ARGV[2]) do
  local at = ${argumentLayout.head + 1} + (i - 1) * ${argumentLayout.perCharge}
  local c = {
    key = KEYS[i],
    algorithm = algorithmOf(ARGV[at]),
    n = tonumber(ARGV[at + 1]),
    force = tonumber(ARGV[at + 2]),
    max = tonumber(ARGV[at + 3]),
    window = tonumber(ARGV[at + 4]),
    extra = ARGV[at + 5],
    wait = 0,
  }
  -- An amount of 0 looks only.
  c.hasRoom = c.algorithm.look(c) or c.n == 0
  if not c.hasRoom and c.force == 2 then isRefused = true end
  charges[i] = c
end

local waitMs, reply = 0, {now, 0, 0}
for i, c in ipairs(charges) do
  if c.hasRoom and c.n > 0 and not isRefused then
    c.algorithm.take(c)
    if c.force > 0 then waitMs = max(waitMs, c.wait) end
  end
  local remaining, resetMs = c.algorithm.left(c)
  local at = ${replyLayout.head} + (i - 1) * ${replyLayout.perCharge}
  reply[at + 1] = c.hasRoom and 1 or 0
  reply[at + 2] = max(0, floor(remaining))
  reply[at + 3] = max(0, ceil(resetMs))
  reply[at + 4] = c.hasRoom and 0 or max(1, ceil(c.retry))
end
reply[3] = waitMs
return reply
`;
}

/** KEYS and ARGV: a key and a lease each. Puts off their end; a place that Redis lost is taken again. */
export function renewScript({ clock, leaseMs }: ScriptParts): string {
  return `
local now = ${clock}
for i, key in ipairs(KEYS) do
  redis.call('ZADD', key, now + ${leaseMs}, ARGV[i])
  redis.call('PEXPIRE', key, ${leaseMs})
end
`;
}
