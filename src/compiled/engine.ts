import type { DocumentNode, ExecutionArgs, ExecutionResult, GraphQLSchema } from 'graphql';
import {
  noFieldLimits,
  noGuards,
  withFieldLimits,
  type FieldLimits,
} from '../composition/field-limits/field-limits.ts';
import { buildJoinGraph } from '../composition/join-graph/build.ts';
import type { Program } from '../executor/program.ts';
import { mapResults } from '../lib/map-results.ts';
import type { Plan } from '../planner/plan.ts';
import { printPlan } from '../planner/print-plan.ts';
import { executeStitched, subscribeStitched } from '../stitched/execute.ts';
import type { Facade, RequestScope } from '../upstream/types.ts';
import type { Admission, AdmittedRequest, Finish } from './admission.ts';
import type { AnswerCache, Run } from './answer-cache.ts';
import { introspectionRefusal, type Authorization, type MayIntrospect } from './authorization.ts';
import type { EntryParts } from './build-entry.ts';
import type { CompiledEntry, Entry, Keeping, Reading, Variables } from './entry.ts';
import { Gate, type Allowed } from './gate.ts';
import { beginRun } from './operation-run.ts';
import { Programs, type KeptPrograms } from './programs.ts';
import { asFetchAnswer, asGraphqlError, gatewayErrorOf, resultOf } from './results.ts';

/**
 * The compiled engine: an operation comes in, its plan and program are made once, and run. What the planner declines runs
 * stitched. It never looks at a socket, and is told what a caller lacks: it sees to it that nothing of that is read.
 */

export interface CompiledEngineParts<Examined = unknown, Kept = unknown> {
  readonly supergraph: DocumentNode;
  /** By upstream name. */
  readonly facades: ReadonlyMap<string, Facade>;
  /** What clients see; executing it runs an operation stitched. */
  readonly schema: GraphQLSchema;
  /** `stitched`: nothing is planned, all else is the same. Default `compiled`. */
  readonly runs?: 'compiled' | 'stitched';
  /** Default: everyone may read everything. */
  readonly authorization?: Authorization;
  /** Default: no field has a limit. Their numbers follow those of the guards; what is used up, `admission` says. */
  readonly fieldLimits?: FieldLimits;
  /** Asked before each run, after `authorization`. Default: everything is admitted. */
  readonly admission?: Admission<Examined>;
  /** Asked for the answer of each query and mutation that may run. Default: each is run. */
  readonly answers?: AnswerCache<Kept>;
  /** Default: everyone may. */
  readonly mayIntrospect?: MayIntrospect;
  /** Whether, or for which callers, a request with `weft-query-plan: true` gets its plan in `extensions.queryPlan`. Default false. */
  readonly showsPlans?: boolean | ((caller: RequestScope['caller']) => boolean);
  /** Names of variables of an operation that may hold what is `@sensitive`. Default: none does. */
  readonly sensitiveVariables?: EntryParts['sensitiveVariables'];
  /** Bound of all kept programs, in bytes by estimate. Default 64 MiB. */
  readonly maxBytes?: number;
}

/** How many operations ran which way since the start; those that were refused ran no way. */
export interface EngineCounts {
  readonly compiled: number;
  readonly stitched: number;
}

export interface PreparedRequest {
  readonly query: string;
  readonly operationName: string | undefined;
  readonly variables: Variables;
}

export interface PreparedContext {
  readonly req: { readonly method?: string | undefined };
  readonly scope: RequestScope;
}

type Events = AsyncIterable<ExecutionResult>;

export interface CompiledEngine {
  /** Runs a query or mutation that is valid against the schema. Never rejects for what an upstream does. */
  readonly execute: (args: ExecutionArgs) => Promise<ExecutionResult>;
  /** Runs an operation by its text, where `execute` has run it before; `undefined` where not, or for a mutation by GET. */
  readonly runPrepared: (request: PreparedRequest, context: PreparedContext) => Promise<ExecutionResult> | undefined;
  /** Runs a subscription that is valid against the schema, stitched: one result for each event, or one that refuses. */
  readonly subscribe: (args: ExecutionArgs) => Promise<Events | ExecutionResult>;
  readonly counts: () => EngineCounts;
  /** What is kept of plans and programs now. */
  readonly kept: () => KeptPrograms;
}

export function createCompiledEngine<Examined, Kept>(parts: CompiledEngineParts<Examined, Kept>): CompiledEngine {
  // What `examine` finds comes back to `admit` and `answer` of the same parts alone.
  const engine = new Engine(parts as CompiledEngineParts);
  return {
    execute: (args) => engine.execute(args),
    runPrepared: (request, context) => engine.runPrepared(request, context),
    subscribe: (args) => engine.subscribe(args),
    counts: () => ({ ...engine.counts }),
    kept: () => engine.kept(),
  };
}

/** A program, and the plan to show for it. */
interface Runnable extends Reading {
  readonly program: Program;
  readonly plan?: Plan;
}

/** Runs an operation, or what is left of it, for a request. */
type RunFor = (request: AdmittedRequest) => Promise<ExecutionResult>;

interface Answering {
  readonly request: AdmittedRequest;
  readonly run: RunFor;
  readonly keeping: Keeping | undefined;
  readonly plan: Plan | undefined;
  /** Numbers of the guard table that are masked, ascending. */
  readonly masked: readonly number[];
  /** The variables, coerced, where they are at hand. */
  readonly values?: Variables;
  readonly finish: Finish | undefined;
}

const nothingMasked: readonly number[] = [];

class Engine {
  readonly counts = { compiled: 0, stitched: 0 };
  readonly #schema: GraphQLSchema;
  readonly #showsPlans: NonNullable<CompiledEngineParts['showsPlans']>;
  readonly #programs: Programs;
  readonly #gate: Gate | undefined;
  readonly #mayIntrospect: MayIntrospect | undefined;
  readonly #answers: AnswerCache | undefined;

  constructor({ supergraph, facades, schema, runs = 'compiled', maxBytes, ...options }: CompiledEngineParts) {
    const { authorization, fieldLimits = noFieldLimits, admission, answers, mayIntrospect } = options;
    const { sensitiveVariables } = options;
    const guards = withFieldLimits(authorization?.guards ?? noGuards, fieldLimits);
    const isGuarded = guards.requirements.length > 0 || guards.limits.length > 0;
    this.#schema = schema;
    this.#showsPlans = options.showsPlans ?? false;
    this.#answers = answers;
    this.#mayIntrospect = mayIntrospect;
    this.#programs = new Programs({
      ...{ schema, facades, runs, graph: buildJoinGraph(supergraph) },
      ...(isGuarded && { guards }),
      ...(admission && { admission }),
      ...(answers && { answers }),
      ...(sensitiveVariables && { sensitiveVariables }),
      ...(maxBytes !== undefined && { maxBytes }),
    });
    const isGated = isGuarded || admission !== undefined;
    this.#gate = isGated ? new Gate({ authorization, admission, guards, programs: this.#programs }) : undefined;
    if (runs === 'compiled') this.#programs.warmUp();
  }

  kept(): KeptPrograms {
    return this.#programs.kept();
  }

  execute(args: ExecutionArgs): Promise<ExecutionResult> {
    const { entry, scope, variables, planMs } = this.#read(args);
    const run = beginRun(entry, scope, { variables, planMs });
    if (this.#hidesSchema(entry, scope)) return Promise.resolve(introspectionRefusal);
    return this.#pass(entry, { variables, scope, run }, (request) => {
      if (entry.runs === 'compiled') return this.#run(entry, request);
      this.counts.stitched += 1;
      if (run) run.engine = 'stitched';
      const isOwn = request.scope === scope;
      return executeStitched(isOwn ? args : { ...args, contextValue: { scope: request.scope } });
    });
  }

  runPrepared(
    { query, operationName, variables }: PreparedRequest,
    { req, scope }: PreparedContext,
  ): Promise<ExecutionResult> | undefined {
    const entry = this.#programs.find(query, operationName);
    if (entry?.runs !== 'compiled' || (entry.isMutation && req.method !== 'POST')) return undefined;
    const run = beginRun(entry, scope, { variables, planMs: 0 });
    if (this.#hidesSchema(entry, scope)) return Promise.resolve(introspectionRefusal);
    return this.#pass(entry, { variables, scope, run }, (request) => this.#run(entry, request));
  }

  subscribe(args: ExecutionArgs): Promise<Events | ExecutionResult> {
    const { entry, scope, variables, planMs } = this.#read(args);
    const run = beginRun(entry, scope, { variables, planMs });
    if (run) run.engine = 'stitched';
    if (this.#hidesSchema(entry, scope)) return Promise.resolve(introspectionRefusal);
    if (!this.#gate?.stops(entry)) return subscribeStitched(args);
    const request = { variables, scope, run };
    return this.#gate.pass<Events | ExecutionResult>(entry, request, {
      whole: async (finish) => finished(await subscribeStitched(args), finish),
      part: async (allowed, finish) => finished(await this.#subscribeMasked(allowed, request), finish),
    });
  }

  #read({ document, operationName, variableValues, contextValue }: ExecutionArgs): {
    readonly entry: Entry;
    readonly scope: RequestScope;
    readonly variables: Variables;
    /** Time for making the operation ready, in milliseconds; 0 where it was. */
    readonly planMs: number;
  } {
    const { scope } = contextValue as { readonly scope: RequestScope };
    const { builtMs } = this.#programs;
    const entry = this.#programs.get(document, operationName ?? undefined);
    const planMs = this.#programs.builtMs - builtMs;
    return { entry, scope, variables: variableValues ?? {}, planMs };
  }

  #hidesSchema({ asksSchema }: Entry, { caller }: RequestScope): boolean {
    return asksSchema && this.#mayIntrospect !== undefined && !this.#mayIntrospect(caller);
  }

  #pass(entry: Entry, request: AdmittedRequest, run: RunFor): Promise<ExecutionResult> {
    const plan = entry.runs === 'compiled' ? entry.plan : undefined;
    const { keeping } = entry;
    const whole = (finish?: Finish): Promise<ExecutionResult> =>
      this.#answer({ request, run, keeping, plan, masked: nothingMasked, finish });
    if (!this.#gate?.stops(entry)) return whole();
    const part = ({ masked, reading, values }: Allowed, finish: Finish | undefined): Promise<ExecutionResult> => {
      const runnable = { ...masked, ...reading };
      const runPart: RunFor = (given) => this.#run(runnable, given);
      return this.#answer({ request, run: runPart, keeping, plan: masked.plan, masked: masked.denied, values, finish });
    };
    return this.#gate.pass(entry, request, { whole, part });
  }

  /** What is added for this very request is no part of what is kept. */
  #answer(answering: Answering): Promise<ExecutionResult> {
    const { request, plan, finish } = answering;
    const result = this.#keptOrRun(answering);
    const told = finish ? result.then(finish) : result;
    return plan && this.#shows(request.scope) ? told.then((each) => withPlan(each, plan)) : told;
  }

  #shows({ caller, clientHeaders }: RequestScope): boolean {
    if (this.#showsPlans === false || clientHeaders['weft-query-plan'] !== 'true') return false;
    return this.#showsPlans === true || this.#showsPlans(caller);
  }

  #keptOrRun({ request, run, keeping, masked, values: given }: Answering): Promise<ExecutionResult> {
    if (!keeping || !this.#answers) return run(request);
    const { variables, scope, run: told } = request;
    const values = given ?? keeping.coerce(variables).values;
    if (told) told.cache = 'bypass';
    const asked = { variables, values, scope, masked, run: told };
    const runAs: Run = (other) => run({ variables, values, scope: other ?? scope, run: told });
    return this.#answers.answer(keeping.examined, asked, runAs);
  }

  #run(runnable: Runnable | CompiledEntry, request: AdmittedRequest): Promise<ExecutionResult> {
    if (runnable.plan) this.counts.compiled += 1;
    else this.counts.stitched += 1;
    if (request.run) request.run.engine = runnable.plan ? 'compiled' : 'stitched';
    return runProgram(runnable, request);
  }

  async #subscribeMasked(
    { masked, reading, values }: Allowed,
    { variables, scope }: AdmittedRequest,
  ): Promise<Events | ExecutionResult> {
    const { stitched } = masked;
    if (!stitched) throw new TypeError('a subscription runs stitched');
    const { document, shapeAnswer } = stitched;
    const input = { values, introspection: reading.introspect?.(variables) ?? {} };
    const shaped = (result: ExecutionResult): ExecutionResult =>
      resultOf(shapeAnswer(asFetchAnswer(result), input), scope);
    // Nothing that is left would bring an event.
    if (!document) return shaped({ data: {} });
    const args = { schema: this.#schema, document, variableValues: variables, contextValue: { scope } };
    const events = await subscribeStitched(args);
    if (Symbol.asyncIterator in events) return mapResults(events, shaped);
    return { errors: (events.errors ?? []).map((error) => asGraphqlError({ path: [], error: gatewayErrorOf(error) })) };
  }
}

async function runProgram(
  { program, coerce, introspect }: Runnable,
  { variables, scope, values: known }: AdmittedRequest,
): Promise<ExecutionResult> {
  const { values, errors } = known ? { values: known } : coerce(variables);
  if (errors) return { errors };
  const introspection = introspect && { introspection: introspect(variables) };
  return resultOf(await program.run({ variables, values, scope, ...introspection }), scope);
}

function withPlan(result: ExecutionResult, plan: Plan): ExecutionResult {
  return { ...result, extensions: { ...result.extensions, queryPlan: printPlan(plan) } };
}

function finished(events: Events | ExecutionResult, finish: Finish | undefined): Events | ExecutionResult {
  if (!finish) return events;
  return Symbol.asyncIterator in events ? mapResults(events, finish) : finish(events);
}
