import { Refusal } from './refusal.ts';

/** Reading what callers send: each function gives a value of the wanted shape, or says that there is none. */

export function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

export function isText(value: unknown): value is string {
  return typeof value === 'string' && value.trim() !== '';
}

/** A whole number above 0, given as such or in digits; 0 for anything else, which is nobody's id. */
export function readId(value: unknown): number {
  return /^[1-9][0-9]{0,8}$/.test(String(value)) ? Number(value) : 0;
}

/** @throws {Refusal} 400 `bad_json` */
export function readObject(body: unknown): Readonly<Record<string, unknown>> {
  if (!isObject(body)) throw new Refusal(400, 'bad_json', 'The body is not a JSON object.');
  return body;
}

export interface NumberRange {
  readonly name: string;
  readonly fallback: number;
  readonly high: number;
}

/** @throws {Refusal} 400 `bad_query` when the parameter is there and not a whole number from 1 to `high`. */
export function readNumber(query: URLSearchParams, { name, fallback, high }: NumberRange): number {
  const given = query.get(name);
  if (given === null) return fallback;
  const number = readId(given);
  if (number < 1 || number > high) {
    throw new Refusal(400, 'bad_query', `"${name}" must be a whole number from 1 to ${high}, but got: ${given}`);
  }
  return number;
}

/** The first `count` items, 100 at most; `null` takes the `fallback`. */
export function firstOf<T>(items: readonly T[], count: number | null, fallback: number): readonly T[] {
  return items.slice(0, Math.max(0, Math.min(count ?? fallback, 100)));
}
