import { GatewayError } from '../errors.ts';
import type { Fetch, Plan } from '../planner/plan.ts';
import type { Shape } from '../planner/shape.ts';
import type { PreparedFetch, RequestScope } from '../upstream/types.ts';
import { buildCarefully, type PlacedError } from './build-carefully.ts';
import { compileBuildQuickly, type Answer, type BuildQuickly } from './build-quickly.ts';
import type { Values } from './conditions.ts';
import { Failures } from './failures.ts';
import { compileKeptEntityFetch } from './fetch-kept-entities.ts';
import { compileRootFetch } from './fetch-root.ts';
import { compilePlaceDenials, type PlaceDenials } from './place-denials.ts';
import type { Run, Step } from './run.ts';

/**
 * A plan and a shape become a program: functions that are made once and run once per request. What comes in is data of
 * the planner and calls of the upstream room; what goes out is the answer's data. Nothing of GraphQL is decided here.
 */

export interface ProgramParts {
  readonly plan: Plan;
  readonly shape: Shape;
  /** Makes the call of a fetch ready: upstream name and GraphQL text in, the call out. */
  readonly prepare: (upstream: string, text: string) => PreparedFetch;
}

export interface RunInput {
  /** As the client gave them, by name: they go upstream. */
  readonly variables: Values;
  /** Coerced, defaults included: conditions read them. */
  readonly values: Values;
  readonly scope: RequestScope;
  /** The `data` that answers `Shape.introspection`. Default: empty. */
  readonly introspection?: object;
}

export interface ProgramResult {
  readonly data: Answer | null;
  readonly errors: readonly PlacedError[];
  /** Errors that no part of the answer stayed null for; they belong in the log. */
  readonly unshown: readonly GatewayError[];
}

export interface Program {
  /** Never rejects. */
  readonly run: (input: RunInput) => Promise<ProgramResult>;
}

export function compileProgram({ plan, shape, prepare }: ProgramParts): Program {
  const steps = plan.fetches.map((fetch) => compileFetch(fetch, plan, prepare));
  const order = orderOf(plan.fetches);
  const build = compileBuildQuickly(shape);
  const denials = shape.isMasked && compilePlaceDenials(shape);
  return {
    run: async ({ variables, values, scope, introspection = {} }) => {
      const run: Run = { data: {}, variables, values, scope, failures: undefined, absences: undefined };
      try {
        const running = runSteps(steps, order, run);
        if (running) await running;
        if (scope.signal.aborted) return abandoned();
        return finish(run, { build, denials, shape, introspection });
      } catch (cause) {
        const message = `the program of an operation threw: ${cause instanceof Error ? cause.message : String(cause)}`;
        return {
          data: null,
          errors: [{ path: [], error: new GatewayError('INTERNAL_ERROR', message, { cause }) }],
          unshown: [],
        };
      }
    },
  };
}

/** Nobody reads the answer of a client that has left: building it, with an error at every place, would cost for nothing. */
function abandoned(): ProgramResult {
  const error = new GatewayError('CLIENT_CLOSED_REQUEST', 'The client left.');
  return { data: null, errors: [{ path: [], error }], unshown: [] };
}

function compileFetch(fetch: Fetch, plan: Plan, prepare: ProgramParts['prepare']): Step {
  const prepared = prepare(fetch.upstream, fetch.text);
  return fetch.target === 'root'
    ? compileRootFetch(fetch, plan, prepared)
    : compileKeptEntityFetch(fetch, plan, prepared);
}

interface Order {
  /** How many fetches each one waits for. */
  readonly waits: readonly number[];
  /** Those that wait for each one. */
  readonly followers: readonly (readonly number[])[];
}

function orderOf(fetches: readonly Fetch[]): Order {
  const waits = fetches.map(({ after }) => new Set(after).size);
  const followers = fetches.map(({ id }) => fetches.filter(({ after }) => after.includes(id)).map((other) => other.id));
  return { waits, followers };
}

/** Starts each step when those before it are done, and resolves when all are; undefined where no call is made. */
function runSteps(steps: readonly Step[], { waits, followers }: Order, run: Run): Promise<void> | undefined {
  const [only] = steps;
  if (only === undefined) return undefined;
  if (steps.length === 1) return only(run);
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const open = [...waits];
  let left = steps.length;
  const start = (id: number): void => {
    const running = steps[id]?.(run);
    if (running) running.then(() => done(id)).catch(reject);
    else done(id);
  };
  const done = (id: number): void => {
    left -= 1;
    for (const follower of followers[id] ?? []) {
      open[follower] = (open[follower] ?? 0) - 1;
      if (open[follower] === 0) start(follower);
    }
    if (left === 0) resolve();
  };
  for (const [id, count] of waits.entries()) if (count === 0) start(id);
  return promise;
}

interface Finishing {
  readonly build: BuildQuickly;
  readonly denials: PlaceDenials | undefined;
  readonly shape: Shape;
  readonly introspection: object;
}

function finish(run: Run, { build, denials, shape, introspection }: Finishing): ProgramResult {
  const { data, values, absences } = run;
  const quick = run.failures ? undefined : build(data, values, introspection);
  if (quick) return { data: quick, errors: denials?.(data, values) ?? [], unshown: [] };
  const failures = run.failures ?? new Failures();
  const built = buildCarefully(shape, { data, values, introspection, failures, absences });
  return { ...built, unshown: failures.unshown() };
}
