import { readIsoDate } from './iso-date.ts';

/** Reading values of JSON files that people may have edited. Messages name the place and hold no value of a secret's kind. */

/** The text as JSON. @throws {SyntaxError} whose message names the line and shows nothing of the text. */
export function readJson(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch (cause) {
    throw new SyntaxError(`line ${lineOfMistake(text)}: expected JSON, but got something else`, { cause });
  }
}

/** V8 names the place of some mistakes only. It is in the first line that no further text could make good. */
function lineOfMistake(text: string): number {
  const lines = text.trimEnd().split('\n');
  let low = 1;
  let high = lines.length;
  while (low < high) {
    const middle = Math.floor((low + high) / 2);
    if (isHopeless(lines.slice(0, middle).join('\n'))) high = middle;
    else low = middle + 1;
  }
  return low;
}

/** Whether the mistake is elsewhere than at the text's end. */
function isHopeless(text: string): boolean {
  try {
    JSON.parse(text);
    return false;
  } catch (error) {
    const { message } = error as SyntaxError;
    const position = /at position (\d+)/.exec(message)?.[1];
    return !message.includes('end of JSON') && Number(position ?? -1) !== text.length;
  }
}

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
