import { GatewayError } from '../../../errors.ts';
import { readTemplate } from './templates.ts';
import type { Part } from './templates.ts';
import type { BodyTemplate, RestCall } from './types.ts';

/** Stands for a value that cannot be reached because what should hold it is null. */
export const throughNull: unique symbol = Symbol('through null');

/** The value of a placeholder, by its dotted name split at the dots; `undefined` when it was not given. */
export type Values = (name: readonly string[]) => unknown;

export interface WrittenCall {
  /** Path without the query, which may hold personal data. */
  readonly path: string;
  /** `''`, or `?` and the parameters. */
  readonly query: string;
  readonly body: string | undefined;
}

/**
 * Puts values in the place of a call's placeholders. Pure.
 *
 * @throws {GatewayError} `BAD_USER_INPUT` when a value of the path is missing, empty, or no text, number or boolean.
 */
export function writeCall(call: RestCall, values: Values): WrittenCall {
  const body = call.body === undefined ? undefined : fillBody(call.body, values);
  return {
    path: writePath(call, values),
    query: writeQuery(call, values),
    body: body === undefined || body === throughNull ? emptyBody(call) : JSON.stringify(body),
  };
}

/** An object of which every property is left out is still an object. */
function emptyBody({ body }: RestCall): string | undefined {
  return typeof body === 'object' && body !== null ? JSON.stringify(Array.isArray(body) ? [] : {}) : undefined;
}

function writePath(call: RestCall, values: Values): string {
  const parts = readTemplate(call.path);
  const path = parts.map((part) => (typeof part === 'string' ? part : pathValue(part, { call, values }))).join('');
  // `encodeURIComponent` leaves dots as they are: an id of ".." would climb out of the path that was declared.
  if (path.split('/').some((segment) => segment === '.' || segment === '..')) {
    throw refused(call, `${namesIn(parts)} must not be "." or ".."`);
  }
  return path;
}

function pathValue(
  name: readonly string[],
  { call, values }: { readonly call: RestCall; readonly values: Values },
): string {
  const value = values(name);
  const text = textOf(value, call, name);
  if (text === undefined) throw refused(call, `"${name.join('.')}" must be given`);
  if (text === '') throw refused(call, `"${name.join('.')}" must not be empty`);
  return text;
}

function namesIn(parts: readonly Part[]): string {
  return parts.flatMap((part) => (typeof part === 'string' ? [] : [`"${part.join('.')}"`])).join(', ');
}

function writeQuery(call: RestCall, values: Values): string {
  const parameters = Object.entries(call.query).flatMap(([name, template]) => {
    const parts = typeof template === 'string' ? readTemplate(template) : [String(template)];
    const texts = parts.map((part) =>
      typeof part === 'string' ? encodeURIComponent(part) : textOf(values(part), call, part),
    );
    return texts.includes(undefined) ? [] : [`${encodeURIComponent(name)}=${texts.join('')}`];
  });
  return parameters.length === 0 ? '' : `?${parameters.join('&')}`;
}

/** Percent-encoded; a list is joined with commas. `undefined` for what was not given, and for null. */
function textOf(value: unknown, call: RestCall, name: readonly string[]): string | undefined {
  if (value === undefined || value === null || value === throughNull) return undefined;
  if (Array.isArray(value)) return value.map((item) => textOf(item, call, name) ?? '').join(',');
  if (!['string', 'number', 'boolean', 'bigint'].includes(typeof value)) {
    throw refused(call, `"${name.join('.')}" must be a text, number or boolean`);
  }
  try {
    return encodeURIComponent(value as string | number | boolean);
  } catch (cause) {
    throw refused(call, `"${name.join('.')}" must be well-formed Unicode`, cause);
  }
}

function refused(call: RestCall, message: string, cause?: unknown): GatewayError {
  return new GatewayError('BAD_USER_INPUT', message, { upstream: call.upstream, cause });
}

/** `undefined` leaves the property out. */
function fillBody(template: BodyTemplate, values: Values): unknown {
  if (typeof template === 'string') return fillText(template, values);
  if (typeof template !== 'object' || template === null) return template;
  if (Array.isArray(template)) {
    return (template as readonly BodyTemplate[]).map((item) => fillBody(item, values)).filter(isGiven);
  }
  const entries = Object.entries(template).map(([name, node]) => [name, fillBody(node, values)] as const);
  const given = entries.filter(([, value]) => isGiven(value));
  if (given.length > 0 || entries.length === 0) return Object.fromEntries(given);
  // `address: { city: '{input.address.city}' }` is left out with `input.address`, and null when that is null.
  return entries.some(([, value]) => value === throughNull) ? null : undefined;
}

function isGiven(value: unknown): boolean {
  return value !== undefined && value !== throughNull;
}

function fillText(template: string, values: Values): unknown {
  const parts = readTemplate(template);
  const [first] = parts;
  if (first === undefined) return '';
  if (parts.length === 1) return typeof first === 'string' ? first : values(first);
  const texts = parts.map((part) => (typeof part === 'string' ? part : values(part)));
  return texts.every((text) => isGiven(text) && text !== null) ? texts.map(String).join('') : undefined;
}
