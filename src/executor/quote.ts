/**
 * The one way for text from outside (field names, aliases, type names, enum values, arguments) into generated code.
 * Whatever it holds, it arrives as a string literal; identifiers in generated code are counters of ours and never come
 * from outside. An unquoted name would let whoever writes an operation or a schema run code in the gateway.
 */

/** A JavaScript string literal whose value is `text`. */
export function quote(text: string): string {
  // JSON allows the two line separators as they are; older JavaScript ends a literal at them.
  return JSON.stringify(text).replaceAll('\u2028', '\\u2028').replaceAll('\u2029', '\\u2029');
}

/**
 * Code that reads the member `key` of the object `object`, undefined where the object has none of its own. `object` is
 * an identifier of generated code.
 */
export function readMember(object: string, key: string): string {
  // A member that every object inherits would be found where the data has none.
  return key in Object.prototype ? `own(${object},${quote(key)})` : `${object}[${quote(key)}]`;
}

/** Code that sets the member `key` of the object `object` to the value of the identifier `value`. */
export function writeMember(object: string, key: string, value: string): string {
  // Assigning to `__proto__` would change what the object inherits.
  return key === '__proto__' ? `define(${object},${quote(key)},${value});` : `${object}[${quote(key)}]=${value};`;
}

/** What stands before the colon of a member in an object literal. */
export function memberName(key: string): string {
  // As a plain name, `__proto__` would set what the object inherits.
  return key === '__proto__' ? `[${quote(key)}]` : quote(key);
}

/** The object's own member, undefined where there is none. For generated code and for whoever reads by a name from outside. */
export function own(object: object, key: string | number): unknown {
  return Object.hasOwn(object, key) ? (object as Record<string | number, unknown>)[key] : undefined;
}

/** Sets an own member, whatever its name. */
export function define(object: object, key: string, value: unknown): void {
  Object.defineProperty(object, key, { value, writable: true, enumerable: true, configurable: true });
}

/** Whether a value of JSON is an object, and no list. */
export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/**
 * Makes a function of generated code. `helpers` are its free names.
 *
 * @param body Statements made of constants of ours and of what `quote` gave; the last one returns the function.
 */
export function compileCode(body: string, helpers: Readonly<Record<string, unknown>>): unknown {
  const names = Object.keys(helpers);
  // All text from outside in the body is a literal made by `quote`.
  // oxlint-disable-next-line typescript/no-implied-eval
  const make = new Function(...names, `"use strict";${body}`) as (...values: unknown[]) => unknown;
  return make(...names.map((name) => helpers[name]));
}
