import { busyMs } from './busy-time.ts';
import type { CallRecord, RequestRecord } from './record.ts';
import { cacheOutcomeOf, planMsOf, rounded } from './timeline.ts';

/** Upstreams named in one header: more would cost more to send than they tell. */
const maxUpstreams = 10;
/** Longest name of an upstream in the header, in characters. */
const maxNameLength = 40;

/**
 * The value of `Server-Timing` for a request as it is at `now` (by `performance.now()`), times in milliseconds: `total`;
 * `upstream`, while at least one upstream was waited for; `gw`, all the rest; `auth`, `parse` (with validation) and `plan`
 * where they took time; `cache` with its outcome; and `up-<name>` for each of the ten upstreams that took longest, with
 * its number of calls. Pure.
 *
 * @see {@link https://www.w3.org/TR/2023/WD-server-timing-20230411/#the-server-timing-header-field | Server Timing, 3. The Server-Timing Header Field}
 */
export function serverTimingOf(record: RequestRecord, now: number): string {
  const total = now - record.startedAt;
  const upstream = busyMs(record.calls, now);
  const cache = cacheOutcomeOf(record);
  const metrics = [
    metric('total', total),
    metric('gw', total - upstream),
    ...(record.calls.length > 0 ? [metric('upstream', upstream)] : []),
    ...lasting('auth', record.authenticationMs),
    ...lasting('parse', record.parseMs + record.validateMs),
    ...lasting('plan', planMsOf(record)),
    ...(cache === undefined ? [] : [`cache;desc=${cache}`]),
    ...upstreamMetrics(record.calls, now),
  ];
  return metrics.join(', ');
}

function metric(name: string, milliseconds: number): string {
  return `${name};dur=${rounded(milliseconds)}`;
}

function lasting(name: string, milliseconds: number): readonly string[] {
  return milliseconds > 0 ? [metric(name, milliseconds)] : [];
}

function upstreamMetrics(calls: readonly CallRecord[], now: number): readonly string[] {
  return [...Map.groupBy(calls, ({ upstream }) => tokenOf(upstream))]
    .map(([name, own]) => ({ name, count: own.length, busy: busyMs(own, now) }))
    .toSorted((one, other) => other.busy - one.busy)
    .slice(0, maxUpstreams)
    .map(({ name, count, busy }) => `${metric(`up-${name}`, busy)};desc="${count} ${count === 1 ? 'call' : 'calls'}"`);
}

/** A name as a token (RFC 9110, 5.6.2): with another character it would end the metric, or the header. */
function tokenOf(name: string): string {
  return name.slice(0, maxNameLength).replaceAll(/[^!#$%&'*+\-.^_`|~0-9A-Za-z]/g, '_');
}
