import type { TimedCall } from './answer-server.ts';
import type { UpstreamCall } from './types.ts';

/** Calls by wave: one that came after a call of the running wave was answered may need that answer, and starts the next. */
export function wavesOf(calls: readonly TimedCall[]): readonly (readonly UpstreamCall[])[] {
  const waves: UpstreamCall[][] = [];
  let firstAnsweredMs = -Infinity;
  for (const { call, arrivedMs, answeredMs } of calls.toSorted((a, b) => a.arrivedMs - b.arrivedMs)) {
    if (arrivedMs >= firstAnsweredMs) {
      waves.push([]);
      firstAnsweredMs = answeredMs;
    }
    waves.at(-1)?.push(call);
    firstAnsweredMs = Math.min(firstAnsweredMs, answeredMs);
  }
  return waves;
}
