import { composeServices } from '@theguild/federation-composition';
import { buildSchema, parse, type DocumentNode, type ExecutionResult, type GraphQLSchema } from 'graphql';
import { createCompiledEngine, type CompiledEngine } from '../../../src/compiled/engine.ts';
import { buildJoinGraph } from '../../../src/composition/join-graph/build.ts';
import { PlanDeclined } from '../../../src/planner/errors.ts';
import { normalise } from '../../../src/planner/normalise.ts';
import { planOperation } from '../../../src/planner/plan-operation.ts';
import { executeStitched } from '../../../src/stitched/execute.ts';
import { stitch } from '../../../src/stitched/schema.ts';
import { createRequestScope } from '../../../src/upstream/scope.ts';
import type { Facade, RequestScope } from '../../../src/upstream/types.ts';
import { Faults, type FaultPlan } from './faults.ts';
import { Monolith, type MonolithAnswer } from './monolith.ts';
import { readSubgraph } from './subgraph.ts';
import { Universe, type Arguments } from './universe.ts';
import { newRecord, type RunRecord } from './record.ts';
import { memoryFacade } from './upstream.ts';

/** A subgraph's name and SDL. */
export interface SubgraphText {
  readonly name: string;
  readonly sdl: string;
}

export interface Case {
  readonly document: DocumentNode;
  readonly variables: Arguments;
  readonly plan: FaultPlan;
}

export interface EngineAnswer {
  readonly result: ExecutionResult;
  readonly record: RunRecord;
}

export interface CompiledAnswer extends EngineAnswer {
  /** Why the operation ran stitched; absent where it did not. */
  readonly declined?: string;
}

/** One supergraph behind both engines, and in one server. */
export interface Rig {
  readonly name: string;
  readonly subgraphs: readonly SubgraphText[];
  /** What clients see. */
  readonly schema: GraphQLSchema;
  readonly universe: Universe;
  readonly faults: Faults;
  readonly compiled: (one: Case) => Promise<CompiledAnswer>;
  readonly stitched: (one: Case) => Promise<EngineAnswer>;
  readonly monolith: (one: Case) => MonolithAnswer;
}

/** Composes subgraphs; undefined where they do not compose. */
export function composed(
  subgraphs: readonly SubgraphText[],
): { readonly supergraph: string; readonly api: string } | string {
  const result = composeServices(
    subgraphs.map(({ name, sdl }) => ({ name, typeDefs: parse(sdl), url: `http://${name}.example` })),
  );
  if (result.supergraphSdl !== undefined && result.publicSdl !== undefined)
    return { supergraph: result.supergraphSdl, api: result.publicSdl };
  return (result.errors ?? []).map(({ message }) => message).join('\n');
}

/** @throws {TypeError} where the subgraphs do not compose. */
export function createRig(name: string, subgraphs: readonly SubgraphText[]): Rig {
  const found = composed(subgraphs);
  if (typeof found === 'string') throw new TypeError(`${name} does not compose: ${found}`);
  const universe = new Universe(
    subgraphs.map((each) => readSubgraph(each.name, each.sdl)),
    buildSchema(found.api, { assumeValid: true, assumeValidSDL: true }),
  );
  const faults = new Faults(universe);
  const records = new WeakMap<RequestScope, RunRecord>();
  const recordOf = (scope: RequestScope): RunRecord => records.get(scope) ?? newRecord({ seed: 0, percent: 0 });
  const facades = new Map(
    universe.subgraphs.map((subgraph): readonly [string, Facade] => [
      subgraph.name,
      memoryFacade({ subgraph, universe, faults, recordOf }),
    ]),
  );
  const supergraph = parse(found.supergraph);
  const schema = stitch(supergraph, facades);
  const engine: CompiledEngine = createCompiledEngine({ supergraph, facades, schema });
  const monolith = new Monolith(found.api, universe, faults);
  const run = async (
    { document, variables, plan }: Case,
    execute: CompiledEngine['execute'],
  ): Promise<EngineAnswer> => {
    const record = newRecord(plan);
    const scope = createRequestScope({ headers: {}, signal: new AbortController().signal, responseHeaderRules: {} });
    records.set(scope, record);
    const result = await execute({ schema, document, variableValues: variables, contextValue: { scope } });
    return { result, record };
  };
  return {
    name,
    subgraphs,
    schema: universe.schema,
    universe,
    faults,
    monolith: (one) => monolith.run(one),
    stitched: async (one) => run(one, executeStitched),
    compiled: async (one) => {
      const before = engine.counts().stitched;
      const answer = await run(one, engine.execute);
      return engine.counts().stitched > before ? { ...answer, declined: whyDeclined(one, schema, supergraph) } : answer;
    },
  };
}

function whyDeclined({ document }: Case, schema: GraphQLSchema, supergraph: DocumentNode): string {
  const graph = buildJoinGraph(supergraph);
  try {
    planOperation({ graph, operation: normalise({ document, schema, graph }) });
    return 'it can be planned';
  } catch (cause) {
    return cause instanceof PlanDeclined ? cause.message : String((cause as Error).stack);
  }
}
