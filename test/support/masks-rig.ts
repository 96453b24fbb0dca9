import { buildSchema, isObjectType, parse, type DocumentNode, type ExecutionResult, type GraphQLSchema } from 'graphql';
import { seededRandom } from '../../upstreams/demo/random.ts';
import type { Admission, ExaminedOperation, FieldUse } from '../../src/compiled/admission.ts';
import type { Authorization } from '../../src/compiled/authorization.ts';
import { createCompiledEngine, type CompiledEngine } from '../../src/compiled/engine.ts';
import { noFieldLimits, withFieldLimits, type FieldLimits } from '../../src/composition/field-limits/field-limits.ts';
import type { Guards, Requirement } from '../../src/composition/guards/guards.ts';
import { anonymous } from '../../src/identity/caller.ts';
import { stitch } from '../../src/stitched/schema.ts';
import { createRequestScope } from '../../src/upstream/scope.ts';
import type { Facade, RequestScope } from '../../src/upstream/types.ts';
import { Faults, noFaults, type FaultPlan } from './generated/faults.ts';
import { newRecord, type RunRecord } from './generated/record.ts';
import { composed, type SubgraphText } from './generated/rig.ts';
import { readSubgraph } from './generated/subgraph.ts';
import { Universe, type Arguments } from './generated/universe.ts';
import { memoryFacade } from './generated/upstream.ts';
import { schemaOf } from './generated/upstream-schema.ts';
import { leakOf } from './masks-leak.ts';
import type { Denied } from './masks-monolith.ts';

export type EngineName = 'compiled' | 'stitched';

export interface GuardedAnswer {
  readonly result: ExecutionResult;
  readonly record: RunRecord;
  /** Every document that an upstream was sent for this request. */
  readonly asked: readonly { readonly upstream: string; readonly document: DocumentNode }[];
  /** Uses of limited fields that admission was shown; undefined: it was not asked, or there are none. */
  readonly uses: readonly FieldUse[] | undefined;
}

export interface Asking {
  readonly engine: EngineName;
  readonly document: DocumentNode;
  readonly variables: Arguments;
  /** Requirements that the caller does not meet. */
  readonly lacks: readonly number[];
  /** Limits that are used up, by their numbers after those of the requirements. Default: none. */
  readonly usedUp?: readonly number[];
  /** Default false: anonymous. */
  readonly isKnown?: boolean;
  /** Default: nothing goes wrong. */
  readonly plan?: FaultPlan;
}

/** A generated supergraph behind both engines, with guards. */
export interface MasksRig {
  readonly universe: Universe;
  readonly guards: Guards;
  readonly ask: (asking: Asking) => Promise<GuardedAnswer>;
  /** @param lacks Requirements, and limits that are used up. */
  readonly deniedOf: (lacks: readonly number[]) => Denied;
  /** A denied field that an upstream was asked for although the gateway needs it for nothing; undefined: there is none. */
  readonly leakIn: (answer: GuardedAnswer, denied: Denied) => string | undefined;
}

const requirementCount = 5;

export interface MasksOptions {
  readonly guards: (schema: GraphQLSchema, supergraph: DocumentNode) => Guards;
  /** Default: no field has a limit. */
  readonly fieldLimits?: (schema: GraphQLSchema) => FieldLimits;
  /** Default `mask`. */
  readonly mode?: 'mask' | 'reject';
}

/** What the rig knows of a request. */
interface RigRun {
  readonly record: RunRecord;
  readonly asked: GuardedAnswer['asked'][number][];
  readonly usedUp: readonly number[];
  uses: GuardedAnswer['uses'];
}

export function createMasksRig(
  subgraphs: readonly SubgraphText[],
  { guards: guard, fieldLimits: limit = () => noFieldLimits, mode = 'mask' }: MasksOptions,
): MasksRig {
  const found = composed(subgraphs);
  if (typeof found === 'string') throw new TypeError(`the subgraphs do not compose: ${found}`);
  const universe = new Universe(
    subgraphs.map(({ name, sdl }) => readSubgraph(name, sdl)),
    buildSchema(found.api, { assumeValid: true, assumeValidSDL: true }),
  );
  const faults = new Faults(universe);
  const runs = new WeakMap<RequestScope, RigRun>();
  const recordOf = (scope: RequestScope): RunRecord => runs.get(scope)?.record ?? newRecord(noFaults);
  const facades = new Map(
    universe.subgraphs.map((subgraph): readonly [string, Facade] => [
      subgraph.name,
      listening(memoryFacade({ subgraph, universe, faults, recordOf }), (scope, document) =>
        runs.get(scope)?.asked.push({ upstream: subgraph.name, document }),
      ),
    ]),
  );
  const supergraph = parse(found.supergraph);
  const schema = stitch(supergraph, facades);
  const guards = guard(universe.schema, supergraph);
  const lacking = new WeakMap<RequestScope, readonly number[]>();
  const authorization: Authorization = {
    guards,
    mode,
    deny: (requirements, scope) => requirements.filter((number) => lacking.get(scope)?.includes(number)),
  };
  const fieldLimits = limit(universe.schema);
  const table = withFieldLimits(guards, fieldLimits);
  const admission: Admission<ExaminedOperation> = {
    examine: (given) => given,
    admit: ({ fieldUses }, { variables, scope }) => {
      const run = runs.get(scope);
      const uses = fieldUses?.(variables);
      if (run) run.uses = uses;
      return { limited: (run?.usedUp ?? []).filter((number) => uses?.some((use) => use.number === number)) };
    },
  };
  const parts = { supergraph, facades, schema, authorization, fieldLimits, admission };
  const engines: Readonly<Record<EngineName, CompiledEngine>> = {
    compiled: createCompiledEngine(parts),
    stitched: createCompiledEngine({ ...parts, runs: 'stitched' }),
  };
  const schemas = new Map(universe.subgraphs.map((subgraph) => [subgraph.name, schemaOf(subgraph)]));
  // Keys and inputs of `@requires` may be asked for: the gateway alone uses them.
  const isNeeded = (field: string): boolean => universe.isKeyField(field) || faults.isInput(field);
  return {
    universe,
    guards,
    ask: async ({ engine, document, variables, lacks, usedUp = [], isKnown = false, plan = noFaults }) => {
      const scope = createRequestScope({
        headers: {},
        signal: new AbortController().signal,
        responseHeaderRules: {},
        caller: { ...anonymous, isKnown },
      });
      const run: RigRun = { record: newRecord(plan), asked: [], usedUp, uses: undefined };
      runs.set(scope, run);
      lacking.set(scope, lacks);
      const result = await engines[engine].execute({
        schema,
        document,
        variableValues: variables,
        contextValue: { scope },
      });
      return { result, ...run };
    },
    deniedOf: (lacks) => ({ types: deniedIn(table.types, lacks), fields: deniedIn(table.fields, lacks) }),
    leakIn: ({ asked }, denied) => {
      for (const { upstream, document } of asked) {
        const there = schemas.get(upstream);
        const leak = there && leakOf(document, { there, schema: universe.schema, denied, isNeeded });
        if (leak !== undefined) return `"${upstream}" is asked for ${leak}`;
      }
      return undefined;
    },
  };
}

function listening(facade: Facade, tell: (scope: RequestScope, document: DocumentNode) => void): Facade {
  return {
    ...facade,
    execute: (request) => {
      tell(request.scope, request.document);
      return facade.execute(request);
    },
    prepare: (text) => {
      const prepared = facade.prepare(text);
      const document = parse(text);
      return (variables, scope) => {
        tell(scope, document);
        return prepared(variables, scope);
      };
    },
  };
}

/** Guards on some fields and types of what clients see; the same for the same seed. */
export function randomGuards(schema: GraphQLSchema, seed: number): Guards {
  const random = seededRandom(seed * 4099 + 3);
  const requirements = Array.from({ length: requirementCount }, (_, number): Requirement => ({
    authenticated: true,
    scopes: [[`scope${number}`]],
    policies: [],
  }));
  const types = new Map<string, readonly number[]>();
  const fields = new Map<string, readonly number[]>();
  const roots = [schema.getQueryType(), schema.getMutationType()];
  const one = (): readonly number[] => [random.between(0, requirementCount - 1)];
  for (const type of Object.values(schema.getTypeMap())) {
    if (!isObjectType(type) || type.name.startsWith('__')) continue;
    const isRoot = roots.includes(type);
    if (!isRoot && random.chance(22)) types.set(type.name, one());
    for (const name of Object.keys(type.getFields()))
      if (random.chance(isRoot ? 8 : 25)) fields.set(`${type.name}.${name}`, one());
  }
  return { requirements, types, fields };
}

/** Limits on some fields of what clients see; the same for the same seed. */
export function randomFieldLimits(schema: GraphQLSchema, seed: number): FieldLimits {
  const random = seededRandom(seed * 7127 + 5);
  const coordinates = Object.values(schema.getTypeMap())
    .filter((type) => isObjectType(type) && !type.name.startsWith('__'))
    .flatMap((type) => Object.keys(isObjectType(type) ? type.getFields() : {}).map((name) => `${type.name}.${name}`))
    .filter(() => random.chance(20));
  return fieldLimitsOn(coordinates);
}

/** One limit on each of these fields, numbered in their order. */
export function fieldLimitsOn(coordinates: readonly string[]): FieldLimits {
  const rule = {
    max: 1,
    windowMs: 1000,
    window: '1s',
    identityArgs: [],
    arrayLengthField: undefined,
    message: undefined,
  };
  return {
    limits: coordinates.map((coordinate) => ({ ...rule, coordinate })),
    fields: new Map(coordinates.map((coordinate, index) => [coordinate, [index]])),
  };
}

function deniedIn(guarded: ReadonlyMap<string, readonly number[]>, lacks: readonly number[]): ReadonlySet<string> {
  return new Set(
    [...guarded].flatMap(([name, numbers]) => (numbers.some((each) => lacks.includes(each)) ? [name] : [])),
  );
}
