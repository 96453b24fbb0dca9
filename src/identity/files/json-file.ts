import { readIsoDate } from './iso-date.ts';

/** Reading values of JSON files that people may have edited. Messages name the place and hold no value of a secret's kind. */

/** An object that has no other members than these. @throws {TypeError} */
export function readObject(
  value: unknown,
  place: string,
  members: readonly string[],
): Readonly<Record<string, unknown>> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new TypeError(`${place}: expected an object, but got: ${kindOf(value)}`);
  }
  const unknown = Object.keys(value).find((name) => !members.includes(name));
  // A misspelt `expiresAt` would otherwise make a key that never expires.
  if (unknown !== undefined) {
    throw new TypeError(`${place}: expected no other members than ${members.join(', ')}, but got: ${unknown}`);
  }
  return value as Readonly<Record<string, unknown>>;
}

/** @throws {TypeError} */
export function readList(value: unknown, place: string): readonly unknown[] {
  if (!Array.isArray(value)) throw new TypeError(`${place}: expected a list, but got: ${kindOf(value)}`);
  return value;
}

/** A text that is not empty. @throws {TypeError} */
export function readText(value: unknown, place: string): string {
  if (typeof value !== 'string' || value === '') {
    throw new TypeError(`${place}: expected a text, but got: ${value === '' ? 'an empty one' : kindOf(value)}`);
  }
  return value;
}

/** An ISO 8601 date. @throws {TypeError} */
export function readDateText(value: unknown, place: string): string {
  const text = readText(value, place);
  if (readIsoDate(text) === undefined) {
    throw new TypeError(`${place}: expected a date such as 2026-12-31 or 2026-12-31T12:00:00Z, but got: ${text}`);
  }
  return text;
}

function kindOf(value: unknown): string {
  if (value === undefined) return 'nothing';
  if (value === null) return 'null';
  return Array.isArray(value) ? 'a list' : `a value of type ${typeof value}`;
}
