import type {
  Condition,
  EntityFetch,
  EntityTarget,
  Fetch,
  FieldSelection,
  Path,
  Plan,
  RepresentationField,
  RootFetch,
  Selection,
} from '../../../src/planner/plan.ts';
import type { FieldShape, ObjectShape, ScalarShape, Shape, ValueShape } from '../../../src/planner/shape.ts';
import { compileProgram, type ProgramResult, type RunInput } from '../../../src/executor/program.ts';
import { GatewayError } from '../../../src/errors.ts';
import type { FetchAnswer } from '../../../src/upstream/types.ts';
import { testScope } from '../../support/graphql-upstream.ts';

/** Plans and shapes by hand, and a run of them against upstreams that are functions. */

export function field(
  dataKey: string,
  selections: readonly Selection[] = [],
  given: Partial<FieldSelection> = {},
): FieldSelection {
  return {
    select: 'field',
    name: dataKey,
    dataKey,
    arguments: [],
    variables: [],
    conditions: [],
    selections,
    ...given,
  };
}

export function root(selections: readonly Selection[], given: Partial<RootFetch> = {}): RootFetch {
  const base = { id: 0, upstream: 'a', after: [], conditions: [], variables: [], text: '{ root }' };
  return { ...base, target: 'root', kind: 'query', at: [], selections, ...given };
}

export function entities(targets: readonly EntityTarget[], given: Partial<EntityFetch> = {}): EntityFetch {
  const base = { id: 1, upstream: 'b', after: [0], conditions: [], variables: [], text: '{ entities }' };
  return { ...base, target: 'entities', kind: 'query', targets, ...given };
}

export interface TargetGiven extends Partial<Omit<EntityTarget, 'paths'>> {
  /** Such as `users[].best`: `[]` stands for each item of a list. */
  readonly paths: readonly string[];
}

export function target({ paths, ...given }: TargetGiven): EntityTarget {
  return {
    alias: '_entities',
    variable: 'representations',
    conditions: [],
    type: 'User',
    representation: [key('id')],
    selections: [],
    paths: paths.map(path),
    ...given,
  };
}

export function path(text: string): Path {
  return [...text.matchAll(/\[\]|[^.[\]]+/g)].map(([step]) =>
    step === '[]' ? { step: 'each' } : { step: 'field', key: step },
  );
}

export function key(name: string, given: Partial<RepresentationField> = {}): RepresentationField {
  return { name, dataKey: name, required: false, ...given };
}

export function planOf(...fetches: readonly Fetch[]): Plan {
  return { kind: 'query', fetches };
}

export function scalar(type: string, custom = false): ScalarShape {
  return { kind: 'scalar', type, custom };
}

export function nullable(of: ValueShape['of']): ValueShape {
  return { nullable: true, of };
}

export function required(of: ValueShape['of']): ValueShape {
  return { nullable: false, of };
}

export function list(item: ValueShape): ValueShape['of'] {
  return { kind: 'list', item };
}

export function object(type: string, fields: readonly FieldShape[]): ObjectShape {
  return { kind: 'object', type, fields };
}

export function member(
  name: string,
  value: ValueShape = nullable(scalar('String')),
  given: Partial<FieldShape> = {},
): FieldShape {
  return { responseKey: name, name, source: 'data', dataKey: name, when: [], value, ...given };
}

export function shapeOf(...fields: readonly FieldShape[]): Shape {
  return { root: object('Query', fields) };
}

export const when = (variable: string, is = true): readonly Condition[] => [{ variable, is }];

export interface Call {
  readonly upstream: string;
  readonly text: string;
  readonly variables: unknown;
}

export interface Ran extends ProgramResult {
  readonly calls: readonly Call[];
  /** What clients would be told, as `path: message`. */
  readonly told: readonly string[];
}

export type Upstreams = (call: Call) => FetchAnswer | Promise<FetchAnswer>;

/** Runs a plan once; `answer` stands for all upstreams. */
export async function runPlan(
  plan: Plan,
  shape: Shape,
  answer: Upstreams,
  input: Partial<RunInput> = {},
): Promise<Ran> {
  const calls: Call[] = [];
  const program = compileProgram({
    plan,
    shape,
    prepare: (upstream, text) => async (variables) => {
      const call = { upstream, text, variables: variables === '' ? undefined : (JSON.parse(variables) as unknown) };
      calls.push(call);
      const given = await answer(call);
      // Whoever asks may write on an answer, and tests give the same one twice.
      return { ...given, data: structuredClone(given.data) };
    },
  });
  const values = input.values ?? input.variables ?? {};
  const result = await program.run({ variables: {}, scope: testScope(), ...input, values });
  return { ...result, calls, told: result.errors.map(({ path: at, error }) => `${at.join('.')}: ${error.message}`) };
}

export function failure(message: string): GatewayError {
  return new GatewayError('UPSTREAM_ERROR', message);
}
