import { splitDurations } from '../durations.ts';
import type { RequestRecord } from '../record.ts';

/** A request as people at a terminal read it: `200 POST /graphql Checkout 12.3ms (gateway 2.1) 3 calls`. */
export function accessText(record: RequestRecord): string {
  const { status, method, route, calls, errors, isAborted } = record;
  const { totalMs, gatewayMs } = splitDurations(record);
  const count = calls.length === 1 ? '1 call' : `${calls.length} calls`;
  return [
    status === 0 ? '---' : String(status),
    method,
    route ?? '(nothing served)',
    ...namesOf(record),
    `${totalMs.toFixed(1)}ms (gateway ${gatewayMs.toFixed(1)})`,
    ...(calls.length === 0 ? [] : [count]),
    ...(isAborted ? ['aborted'] : []),
    ...errors.map(({ code, upstream }) => (upstream === undefined ? code : `${code} of ${upstream}`)),
  ].join(' ');
}

function namesOf({ runs, cache, upstream }: RequestRecord): readonly string[] {
  const of = runs.map(({ operation, cache: outcome }) => {
    const name = operation.name === '' ? operation.type : operation.name;
    return outcome === undefined ? name : `${name} (cache ${outcome})`;
  });
  if (of.length > 0) return [of.join(', ')];
  const target = upstream === undefined ? [] : [`to ${upstream}`];
  return cache === undefined ? target : [...target, `(cache ${cache})`];
}
