import { dirname, resolve } from 'node:path';
import { toCache, toRouteCache, toUpstreamCache } from './resolve-cache.ts';
import type { GatewayValues } from './gateway-schema.ts';
import type { RateLimitConfig } from './limit-types.ts';
import { toAudiences, toAuthorization, toDoor, toIdentity, toSecurity, toToggle } from './resolve-identity.ts';
import { toLimits, toPersisted, toRedis } from './resolve-limits.ts';
import { toLog, toTelemetry } from './resolve-telemetry.ts';
import type { TelemetryEnvironment } from './telemetry-environment.ts';
import type { CallerFact, GatewayConfig, HeaderRule, RouteConfig, Timeouts, UpstreamConfig } from './types.ts';
import type { UpstreamValues } from './upstream-schema.ts';

const defaultConnectMs = 1000;

/** What the command line or the environment decides in place of the file. */
export interface ListenOverrides {
  /** TCP port, from 0 to 65535. */
  readonly port?: number;
  readonly host?: string;
}

export interface GatewayPlace {
  /** Absolute path, where there is a file. */
  readonly file: string | undefined;
  readonly dir: string;
  /** The rate limits of all files. */
  readonly rates: readonly RateLimitConfig[];
  /** What the environment says of telemetry. */
  readonly environment: TelemetryEnvironment;
}

/** `gateway.yaml` as the rest of Weft reads it; paths start from `dir`. Pure. */
export function toGatewayConfig(values: GatewayValues, place: GatewayPlace, overrides: ListenOverrides): GatewayConfig {
  const { path, graphiql, introspection, suggestions, maxBodySize, firstOperation, queryPlan } = values.graphql;
  const { timeline, batching, persisted } = values.graphql;
  const identity = toIdentity(values, place.dir);
  return {
    file: place.file,
    host: overrides.host ?? values.host,
    port: overrides.port ?? values.port,
    graphql: {
      path,
      graphiql: toToggle(graphiql),
      introspection: toToggle(introspection),
      suggestions: toToggle(suggestions),
      door: toDoor(values.graphql),
      maxBodyBytes: maxBodySize,
      firstOperation: absolute(place.dir, firstOperation),
      queryPlan: toToggle(queryPlan),
      timeline: toToggle(timeline),
      maxBatch: batching?.max ?? 0,
      persisted: toPersisted(persisted, place.dir),
    },
    engine: values.engine,
    routes: values.routes.map(toRoute),
    security: toSecurity(values),
    tls: values.tls && { ...values.tls, clientCa: values.tls.clientCa },
    redis: toRedis(values.redis),
    identity,
    authorization: toAuthorization(values, place.dir),
    audiences: toAudiences(values),
    limits: toLimits(values, place.rates),
    cache: toCache(values.cache, values.redis !== undefined),
    responseHeaders: lowerCaseNames(values.responseHeaders),
    shutdown: { drainMs: values.shutdown.drain },
    stateDir: resolve(place.dir, values.stateDir),
    telemetry: toTelemetry(values.telemetry, place.environment),
    log: toLog(values.log, identity),
  };
}

function toRoute({
  path,
  upstream,
  stripPrefix,
  methods,
  cache,
  ...door
}: GatewayValues['routes'][number]): RouteConfig {
  const kept = toRouteCache(cache);
  return { path, upstream, stripPrefix, methods, door: toDoor(door), ...(kept && { cache: kept }) };
}

export interface UpstreamPlace {
  readonly name: string;
  /** Absolute path, or what messages say where there is no file. */
  readonly file: string;
  /** A header's literal value; by name as the file has it. Numbers keep their spelling: `1.10` is not `1.1`. */
  readonly headerText: (name: string) => string | undefined;
}

/** `upstreams/<name>.yaml` as the rest of Weft reads it; paths start from the file's folder. Pure. */
export function toUpstreamConfig(values: UpstreamValues, { name, file, headerText }: UpstreamPlace): UpstreamConfig {
  const dir = dirname(file);
  const { message, code, details } = values.errors;
  const cache = toUpstreamCache(values.cache);
  const headers = Object.entries(values.headers).map(([header, value]) => [
    header,
    headerRule(header, value, headerText(header)),
  ]);
  return {
    name,
    kind: values.kind,
    file,
    targets: values.targets.map(withoutTrailingSlash),
    openapi: absolute(dir, values.openapi),
    schema: absolute(dir, values.schema),
    headers: lowerCaseNames(Object.fromEntries(headers) as Record<string, HeaderRule>),
    timeouts: toTimeouts(values.timeout),
    connections: values.connections,
    maxResponseBytes: values.maxResponseSize,
    concurrency: values.concurrency,
    errors: {
      ...(message === undefined ? {} : { message }),
      ...(code === undefined ? {} : { code }),
      ...(details === undefined ? {} : { details }),
    },
    ...(values.shareInflight ? {} : { shareInflight: false }),
    pollMs: values.poll,
    ...(cache && { cache }),
  };
}

function headerRule(name: string, value: UpstreamValues['headers'][string], text: string | undefined): HeaderRule {
  if (typeof value !== 'object') return { from: 'value', value: text ?? String(value) };
  if (value.from.startsWith('claims.')) return { from: 'claims', claim: value.from.slice('claims.'.length) };
  if (value.from.startsWith('caller.'))
    return { from: 'caller', fact: value.from.slice('caller.'.length) as CallerFact };
  return { from: 'client', header: (value.header ?? name).toLowerCase() };
}

function toTimeouts({ connect, headers, body, total }: UpstreamValues['timeout']): Timeouts {
  return {
    connectMs: connect ?? Math.min(defaultConnectMs, total),
    headersMs: headers ?? total,
    bodyMs: body ?? total,
    totalMs: total,
  };
}

function withoutTrailingSlash(target: string): string {
  return target === 'embedded' ? target : new URL(target).href.replace(/\/+$/, '');
}

function absolute(dir: string, path: string | undefined): string | undefined {
  return path === undefined ? undefined : resolve(dir, path);
}

function lowerCaseNames<T>(byName: Readonly<Record<string, T>>): Record<string, T> {
  return Object.fromEntries(Object.entries(byName).map(([name, value]) => [name.toLowerCase(), value]));
}
