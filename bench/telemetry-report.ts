import { markdownTable } from './report.ts';
import { median, standardError, trimmedMean } from './statistics.ts';
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

/** What else runs on the machine falls on single turns: so many of them count on neither side. */
const trimmed = 0.2;

/**
 * A setup a row, each held in each round against the first two, which tell nothing.
 *
 * @param setups As in the casts.
 */
export function telemetryTable(
  setups: readonly TelemetrySetup[],
  workloads: readonly { readonly name: string }[],
  casts: readonly Cast[],
): string {
  const perWorkload = workloads.flatMap(({ name }) => [`${name}: us more`, '+-', 'x target']);
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
  const all = casts.flatMap(([first = []]) => first);
  return [`(${trimmedMean(all, trimmed).toFixed(1)})`, standardError(all, trimmed).toFixed(1), ''];
}

function differenceCells(casts: readonly Rounds[], at: number, targetUs: number | undefined): readonly string[] {
  const all = casts.flatMap((cast) => differencesOf(cast, at));
  const more = trimmedMean(all, trimmed);
  const ratio = targetUs === undefined ? '' : (more / targetUs).toFixed(2);
  return [`${more < 0 ? '' : '+'}${more.toFixed(1)}`, standardError(all, trimmed).toFixed(1), ratio];
}

/** From the mean of the first two in the same round; the second one is the first once more, and held against it alone. */
function differencesOf(cast: Rounds, at: number): readonly number[] {
  const [first = [], again = []] = cast;
  return (cast[at] ?? []).map((us, round) => {
    const base = first[round] ?? 0;
    return at === 1 ? us - base : us - (base + (again[round] ?? 0)) / 2;
  });
}
