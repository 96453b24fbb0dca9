import { printByteSize } from '../lib/byte-size.ts';
import { printDuration } from '../lib/duration.ts';
import { redactUrl } from '../lib/redact-url.ts';
import type { LimitAlgorithm } from './limit-types.ts';
import { printed, type DeclaredValues, type Printable } from './print-security.ts';
import type { RedisValues } from './redis-schema.ts';
import type { ResolvedRate } from './resolve-rates.ts';

/** Limits, persisted operations and Redis, with the keys and units of the file; nothing secret. Pure. */

export function printLimitSections(
  { limits, tiers, redis }: DeclaredValues,
  rates: readonly ResolvedRate[],
): Readonly<Record<string, Printable>> {
  const { documents, rates: _, disabled, mode, onOutage, ...rest } = limits;
  const store = redis === undefined ? 'memory' : 'redis';
  return {
    redis: redis && printRedis(redis),
    tiers: Object.fromEntries(
      Object.entries(tiers).map(([name, { limits: __, documents: bounds, ...tier }]) => [
        name,
        {
          ...tier,
          limits: printRates(rates.filter((rate) => rate.tier === name)),
          documents: bounds && printBounds(bounds),
        },
      ]),
    ),
    limits: {
      mode,
      store,
      onOutage,
      ...(printed(rest, ['limits']) as { [name: string]: Printable }),
      fields: { mode, onOutage, ...limits.fields },
      cost: { mode, ...limits.cost },
      rates: printRates(rates.filter(({ place, tier }) => place.at === 'everywhere' && tier === undefined)),
      documents: printBounds({ mode, ...documents }),
      disabled: disabled.map(({ until, ...named }) => ({
        ...named,
        until: until === undefined ? undefined : new Date(until).toISOString(),
      })),
    },
  };
}

/** What `graphql` says beside its limits. */
export function printGraphqlDocuments({
  graphql: { batching, persisted },
}: DeclaredValues): Readonly<Record<string, Printable>> {
  const { automatic, trusted } = persisted;
  return {
    batching,
    persisted: {
      automatic: printed(automatic, ['graphql', 'persisted', 'automatic']),
      trusted: trusted && {
        ...trusted,
        manifests: trusted.manifests.map((manifest, index) => {
          const path = ['graphql', 'persisted', 'trusted', 'manifests', String(index)];
          if (typeof manifest === 'string') return manifest;
          const shown = printed(manifest, path) as { [name: string]: Printable };
          return { ...shown, url: withoutOptions(manifest.url) };
        }),
      },
    },
  };
}

/** As they are written at their places, with their names. */
export function printRates(rates: readonly ResolvedRate[]): Printable {
  return rates.map(({ name, per, algorithm, mode, onOutage, tiers, callers, operations, counts, tier }) => ({
    name,
    per,
    ...printAlgorithm(algorithm),
    mode,
    onOutage,
    // A list under a tier need not say whose it is, and a key that says nothing may not be possible there.
    tiers: tier === undefined && tiers.length > 0 ? tiers : undefined,
    callers: callers === 'all' ? undefined : callers,
    operations: operations.length > 0 ? operations : undefined,
    counts: counts === 'requests' ? undefined : counts,
  }));
}

function printAlgorithm(algorithm: LimitAlgorithm): { [name: string]: Printable } {
  const { kind, max } = algorithm;
  if (kind === 'concurrency') return { concurrent: max };
  if (kind === 'quota') return { max, quota: algorithm.period };
  const counted = { max, window: printDuration(algorithm.windowMs), algorithm: kind };
  if (kind === 'token-bucket') return { ...counted, burst: algorithm.burst };
  return kind === 'leaky-bucket' ? { ...counted, maxWait: printDuration(algorithm.maxWaitMs) } : counted;
}

function printBounds<T extends { readonly maxBytes?: number | 'none' | undefined }>({ maxBytes, ...bounds }: T) {
  return { ...bounds, maxBytes: typeof maxBytes === 'number' ? printByteSize(maxBytes) : maxBytes };
}

function printRedis(redis: RedisValues): Printable {
  if ('url' in redis) return { url: withoutOptions(redis.url) };
  if ('cluster' in redis) return { cluster: redis.cluster.map(withoutOptions) };
  const { nodes, password, sentinelPassword, ...rest } = redis.sentinel;
  const hidden = (secret: string | undefined): Printable => secret && '***';
  return {
    sentinel: { ...rest, nodes, password: hidden(password), sentinelPassword: hidden(sentinelPassword) },
  };
}

/** A URL whose secrets are `***`: options may hold a password or a signature too. Pure. */
export function withoutOptions(url: string): string {
  return redactUrl(url).replace(/\?.*$/s, '?***');
}
