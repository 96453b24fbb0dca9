import { hash } from 'node:crypto';

/** What tells the uses of one limit of a field apart: values of its arguments, as text. */

/** The value at a path of own members; undefined where there is none. */
export function valueAt(values: unknown, path: readonly string[]): unknown {
  return path.reduce<unknown>(
    (value, name) =>
      typeof value === 'object' && value !== null && Object.hasOwn(value, name)
        ? (value as Readonly<Record<string, unknown>>)[name]
        : undefined,
    values,
  );
}

/**
 * One text for one value, whatever the order of its members, and one for what is null or not there. The package joins texts
 * by colons: none of these can be taken for two.
 */
export function textOfValue(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(textOfValue).join()}]`;
  if (typeof value === 'bigint') return `${value}n`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value) ?? 'null';
  const members = Object.entries(value).toSorted(([a], [b]) => (a < b ? -1 : 1));
  return `{${members.map(([name, member]) => `${JSON.stringify(name)}:${textOfValue(member)}`).join()}}`;
}

const maxIdentity = 128;

/** An identity that is long is its hash: clients choose what stands in it, and stores must not be filled with that. */
export function boundedIdentity(identity: string): string {
  return identity.length <= maxIdentity ? identity : `#${hash('sha256', identity, 'base64url')}`;
}
