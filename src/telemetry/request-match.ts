import type { RequestMatch } from '../config/telemetry-types.ts';
import type { RequestRecord } from './record.ts';

/** Whether a request is one of those that a rule speaks of, by what its record tells so far: all that is named must fit. */
export function compileMatch(match: RequestMatch): (record: RequestRecord) => boolean {
  const checks: ((record: RequestRecord) => boolean)[] = [];
  const { operations, routes, clients, consumers, tiers, methods } = match;
  if (operations) checks.push(runsOneOf(new Set(operations)));
  if (routes) checks.push(isOneOf(routes, (record) => record.route));
  if (clients) checks.push(isOneOf(clients, (record) => record.clientName));
  if (consumers) checks.push(isOneOf(consumers, (record) => record.consumer));
  if (tiers) checks.push(isOneOf(tiers, (record) => record.tier));
  if (methods) checks.push(isOneOf(methods, (record) => record.method));
  return (record) => {
    for (const check of checks) if (!check(record)) return false;
    return true;
  };
}

function isOneOf(
  names: readonly string[],
  nameOf: (record: RequestRecord) => string | undefined,
): (record: RequestRecord) => boolean {
  const known = new Set(names);
  return (record) => {
    const name = nameOf(record);
    return name !== undefined && known.has(name);
  };
}

/** One operation of a batch is enough. */
function runsOneOf(names: ReadonlySet<string>): (record: RequestRecord) => boolean {
  return ({ runs }) => {
    for (const { operation } of runs) if (names.has(operation.name)) return true;
    return false;
  };
}
