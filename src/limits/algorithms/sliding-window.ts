import type { Counter } from './counter.ts';

const slotsInWindow = 10;

/**
 * Never more than `max` in any `windowMs`. What is used is counted in slots of a tenth of the window, and a slot counts
 * until its last moment lies a whole window back:
 *
 *     slot 3        slot 4   ...   slot 13       slot 14
 *     [30, 40)      [40, 50)       [130, 140)    [140, 150)      windowMs 100
 *       ^ used at 31 ... counts until ... 140
 */
export function slidingWindow({ max, windowMs }: { readonly max: number; readonly windowMs: number }): Counter {
  const slotMs = Math.ceil(windowMs / slotsInWindow);
  const endOf = (slot: number): number => (slot + 1) * slotMs + windowMs;
  const remaining = (slots: readonly number[], now: number): number =>
    max - sumFrom(slots, firstLive(slots, now, endOf));
  return {
    start: () => ({ at: 0, used: 0, slots: [] }),
    hasRoom: ({ slots = [] }, amount, now) => amount <= remaining(slots, now),
    take: ({ slots = [] }, amount, now) => {
      const dead = firstLive(slots, now, endOf);
      if (dead > 0) slots.splice(0, dead);
      add(slots, Math.floor(now / slotMs), amount);
    },
    remaining: ({ slots = [] }, now) => remaining(slots, now),
    resetMs: ({ slots = [] }, now) => (slots.length === 0 ? 0 : Math.max(0, endOf(slots[slots.length - 2] ?? 0) - now)),
    retryAfterMs: ({ slots = [] }, amount, now) => {
      let left = remaining(slots, now);
      let end = now + 1;
      for (let at = firstLive(slots, now, endOf); at < slots.length && left < amount; at += 2) {
        left += slots[at + 1] ?? 0;
        end = endOf(slots[at] ?? 0);
      }
      return end - now;
    },
  };
}

/** Where the slots begin that still count. */
function firstLive(slots: readonly number[], now: number, endOf: (slot: number) => number): number {
  let at = 0;
  while (at < slots.length && endOf(slots[at] ?? 0) <= now) at += 2;
  return at;
}

function sumFrom(slots: readonly number[], from: number): number {
  let sum = 0;
  for (let at = from + 1; at < slots.length; at += 2) sum += slots[at] ?? 0;
  return sum;
}

/** The newest slot is nearly always the last; a clock that went back asks for an older one. */
function add(slots: number[], slot: number, amount: number): void {
  let at = slots.length;
  while (at > 0 && (slots[at - 2] ?? 0) > slot) at -= 2;
  if (at > 0 && slots[at - 2] === slot) slots[at - 1] = (slots[at - 1] ?? 0) + amount;
  else slots.splice(at, 0, slot, amount);
}
