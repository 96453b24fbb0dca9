import { fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { largeSupergraph } from './large-graph.ts';
import type { Laps, PlanningTask } from './planning-once.ts';
import { markdownTable } from './report.ts';
import { median } from './statistics.ts';

const processes = 5;

/** Prints what a large operation costs to plan and a large supergraph to load, medians over fresh processes. */
export async function reportPlanning(): Promise<void> {
  const plan = await measureCold({ measure: 'plan', supergraph: largeSupergraph(12) });
  console.log(`\n### Planning 60 fields over 6 upstreams\n\n${table(plan)}`);
  const load = await measureCold({ measure: 'load', supergraph: largeSupergraph(150) });
  console.log(`\n### Loading a supergraph of 300 types\n\n${table(load)}`);
}

async function measureCold(task: PlanningTask): Promise<readonly Laps[]> {
  const all: Laps[] = [];
  for (let count = 0; count < processes; count++) {
    const child = fork(fileURLToPath(new URL('planning-once.ts', import.meta.url)));
    child.send(task);
    const ended = once(child, 'exit').then(([code]) => {
      throw new Error(`the measurement ended with ${code}`);
    });
    const [laps] = (await Promise.race([once(child, 'message'), ended])) as [Laps];
    all.push(laps);
  }
  return all;
}

function table(all: readonly Laps[]): string {
  const rows = Object.keys(all[0] ?? {}).map((name) => {
    const values = all.map((laps) => laps[name] ?? 0);
    const digits = name === 'upstream calls' ? 0 : 2;
    return [
      name,
      median(values).toFixed(digits),
      Math.min(...values).toFixed(digits),
      Math.max(...values).toFixed(digits),
    ];
  });
  return markdownTable(['ms', 'median', 'min', 'max'], rows);
}
