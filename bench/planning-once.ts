import { parse } from 'graphql';
import { createCompiledEngine } from '../src/compiled/engine.ts';
import { buildJoinGraph } from '../src/composition/join-graph/build.ts';
import { readSupergraph, readSupergraphUpstreams } from '../src/composition/supergraph.ts';
import { compileProgram } from '../src/executor/program.ts';
import { normalise } from '../src/planner/normalise.ts';
import { planOperation } from '../src/planner/plan-operation.ts';
import { shapeOf } from '../src/planner/shape-of.ts';
import { stitch } from '../src/stitched/schema.ts';
import type { Facade } from '../src/upstream/types.ts';
import { largeOperation } from './large-graph.ts';
import { median } from './statistics.ts';

/** One cold measurement in a process of its own: what `planning.ts` asks for comes as a message, so do the times. */

export interface PlanningTask {
  readonly measure: 'load' | 'plan';
  /** SDL. */
  readonly supergraph: string;
}

/** By what was done, in milliseconds. */
export type Laps = Readonly<Record<string, number>>;

const freshGraphs = 50;

function timed<T>(run: () => T): { readonly value: T; readonly ms: number } {
  const startedAt = performance.now();
  const value = run();
  return { value, ms: performance.now() - startedAt };
}

/** Facades that are never called. */
function silentFacades(supergraph: ReturnType<typeof readSupergraph>): ReadonlyMap<string, Facade> {
  const prepare: Facade['prepare'] = () => async () => ({ data: null });
  return new Map(
    readSupergraphUpstreams(supergraph).map(({ name }) => [
      name,
      { name, kind: 'federation', execute: async () => ({}), prepare, close: async () => {} },
    ]),
  );
}

function measureLoad(text: string): Laps {
  const read = timed(() => readSupergraph(text, 'supergraph'));
  const facades = silentFacades(read.value);
  const schema = timed(() => stitch(read.value, facades));
  const engine = timed(() => createCompiledEngine({ supergraph: read.value, facades, schema: schema.value }));
  return {
    'read the text': read.ms,
    'client schema': schema.ms,
    'join graph': engine.ms,
    together: read.ms + schema.ms + engine.ms,
  };
}

function measurePlan(text: string): Laps {
  const supergraph = readSupergraph(text, 'supergraph');
  const facades = silentFacades(supergraph);
  const schema = stitch(supergraph, facades);
  // As a gateway that has started.
  createCompiledEngine({ supergraph, facades, schema });
  const document = parse(largeOperation());
  const planOnce = () => {
    const graph = buildJoinGraph(supergraph);
    const operation = timed(() => normalise({ document, schema, graph }));
    const plan = timed(() => planOperation({ graph, operation: operation.value }));
    const program = timed(() => {
      const shape = shapeOf(schema, operation.value);
      return compileProgram({ plan: plan.value, shape, prepare: () => async () => ({ data: null }) });
    });
    return { plan: operation.ms + plan.ms, compile: program.ms, calls: plan.value.fetches.length };
  };
  const first = planOnce();
  const later = Array.from({ length: freshGraphs }, planOnce);
  return {
    'plan, first after the start': first.plan,
    'compile, first after the start': first.compile,
    'plan, first of a join graph': median(later.map(({ plan }) => plan)),
    'compile, first of a join graph': median(later.map(({ compile }) => compile)),
    'upstream calls': first.calls,
  };
}

process.once('message', ({ measure, supergraph }: PlanningTask) => {
  process.send?.(measure === 'load' ? measureLoad(supergraph) : measurePlan(supergraph), () => process.exit(0));
});
