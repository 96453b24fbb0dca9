import { dirname, relative, sep } from 'node:path';
import { stringify } from 'yaml';
import { printByteSize } from '../lib/byte-size.ts';
import { printDuration } from '../lib/duration.ts';
import { redactUrl } from '../lib/redact-url.ts';
import { printCache, printRouteCache, printUpstreamCache } from './print-cache.ts';
import { printGraphqlDocuments, printLimitSections, printRates } from './print-limits.ts';
import { printSecurity, type Printable } from './print-security.ts';
import { isSecret } from './secrets.ts';
import { printAccess, printToggle } from './print-access.ts';
import { printLog, printTelemetry } from './print-telemetry.ts';
import type { DoorConfig } from './identity-types.ts';
import type { ResolvedRate } from './resolve-rates.ts';
import type { GatewayFolder, HeaderRule, MaskedValue, UpstreamConfig } from './types.ts';

const hidden = '***';

/**
 * The whole configuration as YAML, defaults filled in, with the keys and units of the files. Secrets are `***`: the
 * value of every header, what stands before `@` of a URL, and what `GatewayFolder.masked` names. Pure.
 */
export function printConfig(folder: GatewayFolder): string {
  const { dir, declared, upstreams, rates = [], masked = [] } = folder;
  const shown = {
    gateway: withMasks(
      {
        ...printGateway(folder),
        ...(declared && { ...printSecurity(declared), ...printLimitSections(declared, rates) }),
      },
      'gateway.yaml',
      masked,
    ),
    upstreams: Object.fromEntries(
      upstreams.map((upstream) => {
        const file = relative(dir, upstream.file).split(sep).join('/');
        const ofUpstream = rates.filter(({ place }) => place.at === 'upstream' && place.upstream === upstream.name);
        return [upstream.name, withMasks(printUpstream(upstream, ofUpstream), file, masked)];
      }),
    ),
  };
  return stringify(shown, { lineWidth: 0 });
}

function printGateway({ dir, gateway, declared, rates = [] }: GatewayFolder): Readonly<Record<string, Printable>> {
  const { path, graphiql, introspection, suggestions, door, maxBodyBytes, firstOperation } = gateway.graphql;
  const { queryPlan, timeline } = gateway.graphql;
  return {
    host: gateway.host,
    port: gateway.port,
    graphql: {
      path,
      graphiql: printToggle(graphiql),
      introspection: printToggle(introspection),
      suggestions: printToggle(suggestions),
      ...printDoor(door),
      maxBodySize: printByteSize(maxBodyBytes),
      firstOperation: printFile(dir, firstOperation),
      queryPlan: printToggle(queryPlan),
      timeline: printToggle(timeline),
      limits: printRates(rates.filter(({ place }) => place.at === 'graphql')),
      ...(declared && printGraphqlDocuments(declared)),
    },
    engine: gateway.engine,
    routes: gateway.routes.map(({ door: ofRoute, cache, ...route }) => ({
      ...route,
      ...printDoor(ofRoute),
      limits: printRates(rates.filter(({ place }) => place.at === 'route' && place.path === route.path)),
      cache: printRouteCache(cache),
    })),
    cache: printCache(gateway.cache),
    responseHeaders: { ...gateway.responseHeaders },
    shutdown: { drain: printDuration(gateway.shutdown.drainMs) },
    stateDir: printFile(dir, gateway.stateDir),
    telemetry: printTelemetry(gateway.telemetry),
    log: printLog(gateway.log),
  };
}

function printDoor(door: DoorConfig | undefined): Readonly<Record<string, Printable>> {
  if (!door) return {};
  const { anonymous, access, addresses, cors, csrf, headers } = door;
  return {
    anonymous,
    access: access && printAccess(access),
    addresses: addresses && {
      allow: addresses.allow.length === 0 ? undefined : addresses.allow,
      deny: addresses.deny,
    },
    cors: cors?.policies.map(({ maxAgeSeconds, ...policy }) => ({ ...policy, maxAge: maxAgeSeconds })),
    csrf,
    securityHeaders: headers && { ...headers },
  };
}

function printUpstream(upstream: UpstreamConfig, rates: readonly ResolvedRate[]): Printable {
  const dir = dirname(upstream.file);
  const { connectMs, headersMs, bodyMs, totalMs } = upstream.timeouts;
  const isRest = upstream.kind === 'rest';
  return {
    kind: upstream.kind,
    targets: upstream.targets.map(redactUrl),
    openapi: printFile(dir, upstream.openapi),
    schema: printFile(dir, upstream.schema),
    headers: Object.fromEntries(
      Object.entries(upstream.headers).map(([name, rule]) => [name, printHeader(name, rule)]),
    ),
    timeout: {
      connect: printDuration(connectMs),
      headers: printDuration(headersMs),
      body: printDuration(bodyMs),
      total: printDuration(totalMs),
    },
    connections: upstream.connections,
    maxResponseSize: printByteSize(upstream.maxResponseBytes),
    concurrency: isRest ? upstream.concurrency : undefined,
    errors: { ...upstream.errors },
    poll: isRest ? undefined : upstream.pollMs === 0 ? 'off' : printDuration(upstream.pollMs),
    limits: printRates(rates),
    cache: isRest ? printUpstreamCache(upstream.cache) : undefined,
  };
}

function printHeader(name: string, rule: HeaderRule): Printable {
  switch (rule.from) {
    case 'value':
      return hidden;
    case 'client':
      return rule.header === name ? { from: 'client' } : { from: 'client', header: rule.header };
    case 'claims':
      return { from: `claims.${rule.claim}` };
    case 'caller':
      return { from: `caller.${rule.fact}` };
    default:
      return rule satisfies never;
  }
}

function printFile(dir: string, file: string | undefined): string | undefined {
  if (file === undefined) return undefined;
  const path = relative(dir, file).split(sep).join('/');
  return path.startsWith('.') ? path : `./${path}`;
}

/** Puts in what may be shown of each masked value; of headers and keys nothing is, not even the text around a secret. */
function withMasks(shown: Printable, file: string, masked: readonly MaskedValue[]): Printable {
  return masked
    .filter((value) => value.file === file && value.path[0] !== 'headers')
    .reduce((out, { path, text }) => replaced(out, path, isSecret(path) ? hidden : text), shown);
}

function replaced(value: Printable, path: readonly string[], text: string): Printable {
  const [name, ...rest] = path;
  if (name === undefined) return redactUrl(text);
  if (Array.isArray(value))
    return value.map((item, index) => (String(index) === name ? replaced(item, rest, text) : item));
  if (typeof value !== 'object') return value === undefined ? undefined : hidden;
  return Object.fromEntries(
    Object.entries(value).map(([key, item]) => [key, key === name ? replaced(item, rest, text) : item]),
  );
}
