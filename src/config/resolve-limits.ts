import { resolve } from 'node:path';
import type { GatewayValues } from './gateway-schema.ts';
import type { BoundValues } from './limit-schema.ts';
import type {
  CostConfig,
  DocumentBounds,
  DocumentLimitsConfig,
  KillSwitch,
  LimitsConfig,
  ManifestSource,
  PersistedConfig,
  RateLimitConfig,
  RedisServers,
} from './limit-types.ts';
import { toAccess } from './resolve-identity.ts';

/** `limits`, `redis` and what `graphql` says of persisted operations, as the rest of Weft reads them. Pure. */

export function toLimits(values: GatewayValues, rates: readonly RateLimitConfig[]): LimitsConfig {
  const { mode, store, timeout, onOutage, instances, maxKeys, headers, fields, disabled } = values.limits;
  return {
    store: store ?? (values.redis === undefined ? 'memory' : 'redis'),
    timeoutMs: timeout,
    instances,
    maxKeys,
    headers: { rateLimit: headers.includes('ratelimit'), xRateLimit: headers.includes('x-ratelimit') },
    rates,
    fields: { mode: fields.mode ?? mode, algorithm: fields.algorithm, onOutage: fields.onOutage ?? onOutage },
    documents: toDocuments(values),
    cost: toCost(values),
    disabled: disabled.map(toKillSwitch),
  };
}

function toDocuments({ limits, tiers }: GatewayValues): DocumentLimitsConfig {
  const { mode = limits.mode, ...bounds } = limits.documents;
  return {
    mode,
    bounds: toBounds(bounds),
    tiers: Object.fromEntries(
      Object.entries(tiers).flatMap(([name, { documents }]) => (documents ? [[name, toBounds(documents)]] : [])),
    ),
  };
}

/** A bound that is given as `none` is there and undefined, so that it stands in place of another. */
function toBounds(values: Required<BoundValues>): DocumentBounds;
function toBounds(values: BoundValues): Partial<DocumentBounds>;
function toBounds(values: BoundValues): Partial<DocumentBounds> {
  const entries = Object.entries(values);
  return Object.fromEntries(entries.flatMap(([name, value]) => (value === undefined ? [] : [[name, numberOf(value)]])));
}

function numberOf(value: number | 'none'): number | undefined {
  return value === 'none' ? undefined : value;
}

function toCost({ limits, tiers }: GatewayValues): CostConfig {
  const { mode = limits.mode, max, upstreamMax, upstreams, defaultListSize, show } = limits.cost;
  const budgets = (given: readonly (readonly [string, number | 'none' | undefined])[]): Record<string, number> =>
    Object.fromEntries(
      given.flatMap(([name, points]) => (points === undefined ? [] : [[name, numberOf(points) ?? Infinity]])),
    );
  return {
    mode,
    max: numberOf(max),
    upstreams: { default: numberOf(upstreamMax), byName: budgets(Object.entries(upstreams)) },
    tiers: budgets(Object.entries(tiers).map(([name, { cost }]) => [name, cost?.max])),
    defaultListSize,
    show,
  };
}

type KillSwitchValues = GatewayValues['limits']['disabled'][number];

function toKillSwitch({ operations, names, fields, routes, until, message }: KillSwitchValues): KillSwitch {
  return { kinds: operations ?? [], names: names ?? [], fields: fields ?? [], routes: routes ?? [], until, message };
}

type PersistedValues = GatewayValues['graphql']['persisted'];

const automaticDefaults = { maxBytes: 16 * 1024 * 1024, maxAgeMs: 86_400_000 };

export function toPersisted({ automatic, trusted }: PersistedValues, dir: string): PersistedConfig {
  return {
    automatic: toAutomatic(automatic),
    trusted: trusted && {
      mode: trusted.mode,
      manifests: trusted.manifests.map((manifest) => toManifest(manifest, dir)),
      bypass: trusted.bypass && toAccess(trusted.bypass),
    },
  };
}

function toAutomatic(automatic: PersistedValues['automatic']): PersistedConfig['automatic'] {
  if (typeof automatic === 'boolean') return automatic ? automaticDefaults : undefined;
  return { maxBytes: automatic.maxSize, maxAgeMs: automatic.maxAge };
}

type ManifestValues = NonNullable<PersistedValues['trusted']>['manifests'][number];

function toManifest(manifest: ManifestValues, dir: string): ManifestSource {
  if (typeof manifest === 'string') return { from: 'file', file: resolve(dir, manifest) };
  const { url, headers, poll, timeout, maxSize } = manifest;
  const named = Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]));
  return { from: 'url', url, headers: named, pollMs: poll, timeoutMs: timeout, maxBytes: maxSize };
}

export function toRedis(values: GatewayValues['redis']): RedisServers | undefined {
  if (values === undefined) return undefined;
  if ('url' in values) return { kind: 'single', url: values.url };
  if ('cluster' in values) return { kind: 'cluster', nodes: values.cluster };
  const { nodes, username, password, sentinelPassword, ...rest } = values.sentinel;
  return { kind: 'sentinel', sentinels: nodes, username, password, sentinelPassword, ...rest };
}
