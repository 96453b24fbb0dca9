import { parseArgs } from 'node:util';
import { knownDefect } from '../equal/generated/known-stitched.ts';
import { generateCase, judge, type EngineName } from '../support/generated/cases.ts';
import { generateGraph } from '../support/generated/graph.ts';
import { report } from '../support/generated/report.ts';
import { createRig, type Rig } from '../support/generated/rig.ts';

// What `npm run fuzz` runs: random operations over random supergraphs, with and without failures, until there have been
// --operations of them (50000). --seed says where to start (1); --graph keeps to one supergraph, by its number.

const { values } = parseArgs({
  options: {
    operations: { type: 'string', default: '50000' },
    seed: { type: 'string', default: '1' },
    graph: { type: 'string' },
    'per-graph': { type: 'string', default: '500' },
  },
});

const operations = Number(values.operations);
const firstSeed = Number(values.seed);
const perGraph = Number(values['per-graph']);
const onlyGraph = values.graph === undefined ? undefined : Number(/\d+/.exec(values.graph)?.[0]);

interface Counts {
  operations: number;
  stitched: number;
  failed: number;
}

async function run(rig: Rig, seeds: Iterable<number>, counts: Counts): Promise<void> {
  const told = new Set<string>();
  for (const seed of seeds) {
    const one = generateCase(rig, seed);
    counts.operations += 1;
    const isKnown = knownDefect(rig.schema, one.document) !== undefined;
    if (!isKnown) counts.stitched += 1;
    const engines: readonly EngineName[] = isKnown ? ['compiled'] : ['compiled', 'stitched'];
    for (const engine of engines) {
      const difference = await judge(rig, engine, one);
      if (!difference) continue;
      counts.failed += 1;
      // One failure of a kind tells enough about a graph; finding its smallest case takes a while.
      if (told.has(engine + difference.kind)) continue;
      told.add(engine + difference.kind);
      process.stdout.write(`\n${await report({ rig, engine, one }, difference)}\n`);
    }
  }
}

function* seedsFrom(first: number, count: number): Generator<number> {
  for (let seed = first; seed < first + count; seed += 1) yield seed;
}

async function main(): Promise<number> {
  const counts: Counts = { operations: 0, stitched: 0, failed: 0 };
  for (let graph = onlyGraph ?? firstSeed; counts.operations < operations; graph += 1) {
    const { name, subgraphs } = generateGraph(graph);
    const first = onlyGraph === undefined ? 1 : firstSeed;
    await run(createRig(name, subgraphs), seedsFrom(first, Math.min(perGraph, operations - counts.operations)), counts);
    if (graph % 10 === 0) process.stdout.write(`${name}: ${JSON.stringify(counts)}\n`);
    if (onlyGraph !== undefined) break;
  }
  process.stdout.write(
    `${counts.operations} operations compiled = monolith, ${counts.stitched} of them = stitched; ${counts.failed} differ\n`,
  );
  return counts.failed === 0 ? 0 : 1;
}

process.exitCode = await main();
