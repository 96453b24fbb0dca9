import type { EnumShape, ScalarShape } from '../planner/shape.ts';

/**
 * Leaf values from JSON as results, judged as graphql-js judges them. Gives undefined for a value that is no result of its
 * type. null and undefined are not its to judge.
 *
 * @see {@link https://spec.graphql.org/October2021/#sec-Scalars | GraphQL, 3.5 Scalars, Result Coercion}
 */
export type Leaf = (value: unknown) => unknown;

function asString(value: unknown): unknown {
  if (typeof value === 'string') return value;
  return typeof value === 'boolean' || Number.isFinite(value) ? String(value) : undefined;
}

function asId(value: unknown): unknown {
  if (typeof value === 'string') return value;
  return Number.isInteger(value) ? String(value) : undefined;
}

/** A number, a number's text, or 0 and 1 for a Boolean; anything else is NaN. */
function numberOf(value: unknown): number {
  if (typeof value === 'number') return value;
  if (typeof value === 'boolean') return value ? 1 : 0;
  return typeof value === 'string' && value !== '' ? Number(value) : Number.NaN;
}

function asInt(value: unknown): unknown {
  const number = numberOf(value);
  // Only what is a 32-bit integer stays the same when it is made one.
  return (number | 0) === number ? number : undefined;
}

function asFloat(value: unknown): unknown {
  const number = numberOf(value);
  return Number.isFinite(number) ? number : undefined;
}

function asBoolean(value: unknown): unknown {
  if (typeof value === 'boolean') return value;
  return typeof value === 'number' && Number.isFinite(value) ? value !== 0 : undefined;
}

const scalars: ReadonlyMap<string, Leaf> = new Map([
  ['String', asString],
  ['ID', asId],
  ['Int', asInt],
  ['Float', asFloat],
  ['Boolean', asBoolean],
]);

/** What judges the values of a leaf type. */
export function leafOf(shape: ScalarShape | EnumShape): Leaf {
  if (shape.kind === 'scalar') return (shape.custom ? undefined : scalars.get(shape.type)) ?? ((value) => value);
  const values = new Set<unknown>(shape.values);
  return (value) => (values.has(value) ? value : undefined);
}

/** What went wrong with a value, for the log. */
export function wrongLeaf(shape: ScalarShape | EnumShape, value: unknown): string {
  const came = (JSON.stringify(value) ?? typeof value).slice(0, 100);
  if (shape.kind === 'enum')
    return `expected a value of the enum "${shape.type}" that clients may see, but got: ${came}`;
  return `expected a value of "${shape.type}", but got: ${came}`;
}
