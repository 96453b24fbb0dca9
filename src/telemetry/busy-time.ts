import type { CallRecord } from './record.ts';

/**
 * How long at least one of the calls was waited for, in milliseconds: calls at one time count once. What came from the
 * cache was not waited for. A call that still runs counts until `now`, which is by `performance.now()`. Pure.
 */
export function busyMs(calls: readonly CallRecord[], now: number): number {
  let total = 0;
  let covered = 0;
  for (const call of inOrderOfStart(calls)) {
    const from = Math.max(covered, call.startedAt);
    const to = call.source === 'cache' ? call.startedAt : endOf(call, now);
    if (to <= from) continue;
    total += to - from;
    covered = to;
  }
  return total;
}

/** When the call ended, or `now` where it still runs. */
export function endOf({ endedAt }: CallRecord, now: number): number {
  return endedAt === 0 ? now : endedAt;
}

/** Calls are recorded as they start, so that there is seldom anything to sort. */
export function inOrderOfStart(calls: readonly CallRecord[]): readonly CallRecord[] {
  let before = 0;
  for (const { startedAt } of calls) {
    if (startedAt < before) return calls.toSorted((one, other) => one.startedAt - other.startedAt);
    before = startedAt;
  }
  return calls;
}
