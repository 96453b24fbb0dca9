import { printByteSize } from '../lib/byte-size.ts';
import { printDuration } from '../lib/duration.ts';
import { redactUrl } from '../lib/redact-url.ts';
import type { GatewayValues } from './gateway-schema.ts';

/** The security sections of `gateway.yaml`, defaults filled in, with the keys and units of the file. */
export type SecurityValues = Pick<
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
>;

export type Printable = string | number | boolean | undefined | readonly Printable[] | { [name: string]: Printable };

const hidden = '***';
const secrets: ReadonlySet<string> = new Set(['secret', 'clientSecret', 'passwordHash', 'key']);
const durations: ReadonlySet<string> = new Set([
  ...['maxAge', 'maxStale', 'cooldown', 'timeout', 'clockTolerance', 'refresh', 'cache'],
]);
const sizes: ReadonlySet<string> = new Set(['maxTokenSize', 'maxSize']);

/** What of these sections may be shown: secrets, header values and what stands before `@` of a URL are `***`. Pure. */
export function printSecurity(values: SecurityValues): Readonly<Record<string, Printable>> {
  const { tls, trustedProxies, addresses, cors, csrf, securityHeaders, redis } = values;
  const { identity, consumers, tiers, authorization, audiences } = values;
  const policies = authorization.policies && {
    ...authorization.policies,
    headers: Object.fromEntries(Object.keys(authorization.policies.headers).map((name) => [name, hidden])),
  };
  return {
    tls: tls && { ...tls, key: hidden, cert: 'PEM', clientCa: tls.clientCa === undefined ? undefined : 'PEM' },
    trustedProxies,
    addresses,
    // `maxAge` of CORS is a number of seconds, as in its header.
    cors: cors?.map((policy) => ({ ...policy })),
    csrf,
    securityHeaders,
    redis: redis && { url: redactUrl(redis.url) },
    identity: printed(identity),
    consumers: printed(consumers),
    tiers,
    authorization: printed({ ...authorization, policies }),
    audiences: printed(audiences),
  };
}

function printed(value: unknown): Printable {
  if (Array.isArray(value)) return value.map(printed);
  if (typeof value !== 'object' || value === null) return value as Printable;
  return Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, printedMember(name, inner)]));
}

function printedMember(name: string, value: unknown): Printable {
  if (value !== undefined && secrets.has(name)) return hidden;
  if (typeof value === 'number') {
    if (sizes.has(name)) return value === 0 ? 'off' : printByteSize(value);
    return durations.has(name) ? printDuration(value) : value;
  }
  return printed(value);
}
