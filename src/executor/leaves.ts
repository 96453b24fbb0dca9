import type { EnumShape, ScalarShape } from '../planner/shape.ts';

/**
 * Leaf values from JSON to the text of the answer, judged as graphql-js judges results. A helper gives undefined for a
 * value that is no result of its type. null and undefined are not theirs to judge.
 *
 * @see {@link https://spec.graphql.org/October2021/#sec-Scalars | GraphQL, 3.5 Scalars, Result Coercion}
 */
export type LeafText = (value: unknown) => string | undefined;

// What a JSON string cannot hold as it is. Lone surrogates are escaped, pairs would not need to be.
const needsEscape = /["\\\u0000-\u001f\ud800-\udfff]/;

/** A string as JSON. */
export function stringJson(value: string): string {
  return needsEscape.test(value) ? JSON.stringify(value) : `"${value}"`;
}

function stringText(value: unknown): string | undefined {
  switch (typeof value) {
    case 'string':
      return stringJson(value);
    case 'number':
      return Number.isFinite(value) ? `"${value}"` : undefined;
    case 'boolean':
      return value ? '"true"' : '"false"';
    default:
      return undefined;
  }
}

function idText(value: unknown): string | undefined {
  if (typeof value === 'string') return stringJson(value);
  return Number.isInteger(value) ? `"${String(value)}"` : undefined;
}

/** A number, a number's text, or 0 and 1 for a Boolean; anything else is NaN. */
function numberOf(value: unknown): number {
  if (typeof value === 'number') return value;
  if (typeof value === 'boolean') return value ? 1 : 0;
  return typeof value === 'string' && value !== '' ? Number(value) : Number.NaN;
}

function intText(value: unknown): string | undefined {
  const number = numberOf(value);
  // Only what is a 32-bit integer stays the same when it is made one.
  return (number | 0) === number ? `${number}` : undefined;
}

function floatText(value: unknown): string | undefined {
  const number = numberOf(value);
  return Number.isFinite(number) ? `${number}` : undefined;
}

function booleanText(value: unknown): string | undefined {
  if (typeof value === 'boolean') return value ? 'true' : 'false';
  if (typeof value !== 'number' || !Number.isFinite(value)) return undefined;
  return value === 0 ? 'false' : 'true';
}

function customText(value: unknown): string | undefined {
  return JSON.stringify(value);
}

const scalarTexts: ReadonlyMap<string, LeafText> = new Map([
  ['String', stringText],
  ['ID', idText],
  ['Int', intText],
  ['Float', floatText],
  ['Boolean', booleanText],
]);

/** What writes the values of a leaf type. */
export function leafTextOf(shape: ScalarShape | EnumShape): LeafText {
  if (shape.kind === 'scalar') return (shape.custom ? undefined : scalarTexts.get(shape.type)) ?? customText;
  const texts = new Map<unknown, string>(shape.values.map((value) => [value, JSON.stringify(value)]));
  return (value) => texts.get(value);
}

/** What went wrong with a value, for the log. */
export function wrongLeaf(shape: ScalarShape | EnumShape, value: unknown): string {
  const came = (JSON.stringify(value) ?? typeof value).slice(0, 100);
  if (shape.kind === 'enum')
    return `expected a value of the enum "${shape.type}" that clients may see, but got: ${came}`;
  return `expected a value of "${shape.type}", but got: ${came}`;
}
