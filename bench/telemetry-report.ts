import { markdownTable } from './report.ts';
import { median, percentile } from './statistics.ts';
import type { TelemetrySetup } from './telemetry-setups.ts';

/** Microseconds of CPU time a request, by setup and then by round. */
export type Rounds = readonly (readonly number[])[];

/** What came of all gateways, started once. */
export interface Cast {
  /** By workload. */
  readonly figures: readonly Rounds[];
  /** Microseconds of CPU time in a second without requests, by setup. */
  readonly idle: readonly number[];
}

/**
 * A setup a row, each held against the first two, which tell nothing, in each cast apart.
 *
 * @param setups As in the casts.
 */
export function telemetryTable(
  setups: readonly TelemetrySetup[],
  workloads: readonly { readonly name: string }[],
  casts: readonly Cast[],
): string {
  const perWorkload = workloads.flatMap(({ name }) => [`${name}: us more`, 'least-most', 'x target']);
  const rows = setups.map(({ title, targetUs }, at) => {
    const idle = median(casts.map((cast) => cast.idle[at] ?? 0)) / 1000;
    const cells = workloads.flatMap((_workload, which) => {
      const all = casts.map(({ figures }) => figures[which] ?? []);
      return at === 0 ? baseCells(all) : differenceCells(all, at, targetUs);
    });
    return [title, targetUs === undefined ? '' : `${targetUs}`, ...cells, idle.toFixed(1)];
  });
  return markdownTable(['signal', 'target us', ...perWorkload, 'idle ms/s'], rows);
}

function baseCells(casts: readonly Rounds[]): readonly string[] {
  const bases = casts.map(([first = []]) => lowerQuartile(first));
  return [`(${median(bases).toFixed(1)})`, rangeOf(bases, (us) => us.toFixed(1)), ''];
}

function differenceCells(casts: readonly Rounds[], at: number, targetUs: number | undefined): readonly string[] {
  const differences = casts.map((cast) => differenceOf(cast, at));
  const ratio = targetUs === undefined ? '' : (median(differences) / targetUs).toFixed(2);
  return [signed(median(differences)), rangeOf(differences, signed), ratio];
}

/** From the mean of the first two; the second one is the first once more, and held against it alone. */
function differenceOf(cast: Rounds, at: number): number {
  const [first = 0, again = 0, ...rest] = cast.map(lowerQuartile);
  return at === 1 ? again - first : (rest[at - 2] ?? 0) - (first + again) / 2;
}

/** What else runs on the machine only ever adds. */
function lowerQuartile(values: readonly number[]): number {
  return percentile(
    values.toSorted((a, b) => a - b),
    0.25,
  );
}

function rangeOf(values: readonly number[], print: (value: number) => string): string {
  return `${print(Math.min(...values))} - ${print(Math.max(...values))}`;
}

function signed(us: number): string {
  return `${us < 0 ? '' : '+'}${us.toFixed(1)}`;
}
