import { GatewayError } from '../errors.ts';

/** Checks of the shape of JSON that clients send. */

export function isMap(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

export function isAbsent(value: unknown): value is null | undefined {
  return value === null || value === undefined;
}

/** `BAD_REQUEST` for a field that is not what is expected; only the kind of what came is told. */
export function misshapen(name: string, expected: string, value: unknown): GatewayError {
  return new GatewayError('BAD_REQUEST', `Expected "${name}" to be ${expected}, but got: ${nameOf(value)}`);
}

/** The kind of a JSON value, in a word. */
export function nameOf(value: unknown): string {
  if (value === undefined) return 'nothing';
  if (value === null) return 'null';
  return Array.isArray(value) ? 'array' : typeof value;
}
