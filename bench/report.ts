import { median } from './statistics.ts';
import type { Sample } from './types.ts';

/** What came of one entrant in one scenario: a sample per round, or why there is none. */
export interface Result {
  readonly scenario: string;
  readonly entrant: string;
  readonly title: string;
  readonly outcome: readonly Sample[] | { readonly failed: string };
}

export function markdownTable(heads: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`;
  const rule = heads.map((_head, column) => (column === 0 ? '---' : '--:'));
  return [line(heads), line(rule), ...rows.map(line)].join('\n');
}

/** All figures of one scenario, an entrant a row. */
export function scenarioTable(results: readonly Result[], floor: string): string {
  const floorMs = cpuOf(results.find(({ entrant }) => entrant === floor));
  const heads = [
    'entrant',
    'CPU ms/request',
    'min-max',
    'x floor',
    'requests/s',
    'p50 ms',
    'p99 ms',
    'peak MiB',
    'calls',
  ];
  const rows = results.map(({ title, outcome }) => {
    if ('failed' in outcome) return [title, `failed: ${outcome.failed}`, ...Array<string>(7).fill('')];
    const of = (key: keyof Sample): number => median(outcome.map((sample) => sample[key]));
    const cpu = outcome.map(({ cpuMsPerRequest }) => cpuMsPerRequest);
    return [
      title,
      median(cpu).toFixed(3),
      `${Math.min(...cpu).toFixed(3)}-${Math.max(...cpu).toFixed(3)}`,
      ratio(median(cpu), floorMs),
      of('requestsPerSecond').toFixed(0),
      of('p50Ms').toFixed(1),
      of('p99Ms').toFixed(1),
      of('peakMemoryMiB').toFixed(0),
      of('upstreamCallsPerRequest').toFixed(1),
    ];
  });
  return markdownTable(heads, rows);
}

/** Processor time per request, an entrant a row and a scenario a column, with its proportion to the floor. */
export function summaryTable(results: readonly Result[], floor: string): string {
  const scenarios = [...new Set(results.map(({ scenario }) => scenario))];
  const titles = new Map(results.map(({ entrant, title }) => [entrant, title]));
  const find = (name: string, scenario: string): Result | undefined =>
    results.find((result) => result.entrant === name && result.scenario === scenario);
  const rows = [...titles].map(([name, title]) => [
    title,
    ...scenarios.map((scenario) => {
      const ms = cpuOf(find(name, scenario));
      const floorMs = cpuOf(find(floor, scenario));
      return ms === undefined ? '-' : `${ms.toFixed(3)} (${ratio(ms, floorMs)})`;
    }),
  ]);
  return markdownTable(['CPU ms/request (x floor)', ...scenarios], rows);
}

function cpuOf(result: Result | undefined): number | undefined {
  if (!result || 'failed' in result.outcome) return undefined;
  return median(result.outcome.map(({ cpuMsPerRequest }) => cpuMsPerRequest));
}

function ratio(ms: number, floorMs: number | undefined): string {
  return floorMs === undefined || floorMs === 0 ? '-' : (ms / floorMs).toFixed(2);
}
