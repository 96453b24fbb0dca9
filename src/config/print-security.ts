import { printByteSize } from '../lib/byte-size.ts';
import { printDuration } from '../lib/duration.ts';
import { redactUrl } from '../lib/redact-url.ts';
import type { GatewayValues } from './gateway-schema.ts';
import { isSecret } from './secrets.ts';

/** Sections of `gateway.yaml`, defaults filled in, with the keys and units of the file. */
export type DeclaredValues = Pick<
  GatewayValues,
  | 'tls'
  | 'trustedProxies'
  | 'addresses'
  | 'cors'
  | 'csrf'
  | 'securityHeaders'
  | 'redis'
  | 'identity'
  | 'consumers'
  | 'tiers'
  | 'authorization'
  | 'audiences'
  | 'limits'
  | 'graphql'
>;

export type Printable = string | number | boolean | undefined | readonly Printable[] | { [name: string]: Printable };

const hidden = '***';
const durations: ReadonlySet<string> = new Set([
  ...['maxAge', 'maxStale', 'cooldown', 'timeout', 'clockTolerance', 'refresh', 'cache', 'poll'],
]);
const sizes: ReadonlySet<string> = new Set(['maxTokenSize', 'maxSize']);

/** What of these sections may be shown: secrets, header values and what stands before `@` of a URL are `***`. Pure. */
export function printSecurity(values: DeclaredValues): Readonly<Record<string, Printable>> {
  const { tls, trustedProxies, addresses, cors, csrf, securityHeaders } = values;
  const { identity, consumers, authorization, audiences } = values;
  return {
    tls: printed(tls, ['tls']),
    trustedProxies,
    addresses: printed(addresses, ['addresses']),
    // `maxAge` of CORS is a number of seconds, as in its header.
    cors: cors?.map((policy) => ({ ...policy })),
    csrf,
    securityHeaders,
    identity: printed(identity, ['identity']),
    consumers: printed(consumers, ['consumers']),
    authorization: printed(authorization, ['authorization']),
    audiences: printed(audiences, ['audiences']),
  };
}

export function printed(value: unknown, path: readonly string[]): Printable {
  if (Array.isArray(value)) return value.map((item, index) => printed(item, [...path, String(index)]));
  if (typeof value !== 'object' || value === null) return value === undefined ? undefined : printedScalar(value, path);
  return Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, printed(inner, [...path, name])]));
}

function printedScalar(value: unknown, path: readonly string[]): Printable {
  const name = path.at(-1) ?? '';
  if (isSecret(path)) return hidden;
  if (typeof value === 'string') return redactUrl(value);
  if (typeof value !== 'number') return value as Printable;
  if (sizes.has(name)) return value === 0 ? 'off' : printByteSize(value);
  return durations.has(name) ? printDuration(value) : value;
}
