import { resolve } from 'node:path';
import { redactUrl } from '../lib/redact-url.ts';
import { ConfigurationError } from './configuration-error.ts';
import type { ConfigurationIssue } from './configuration-error.ts';
import { gatewaySchema } from './gateway-schema.ts';
import { toGatewayConfig, toUpstreamConfig } from './resolve.ts';
import type { ListenOverrides } from './resolve.ts';
import { readTelemetryEnvironment } from './telemetry-environment.ts';
import type { GatewayConfig, UpstreamConfig } from './types.ts';
import { upstreamSchema } from './upstream-schema.ts';

/** What stands in for a file's path in messages where the gateway runs without a folder. */
const withoutFile = 'the supergraph';

/**
 * The configuration of a gateway without a folder: every default, the environment's `PORT`, and flags over both.
 * Its `stateDir` is `.weft` in the process's working directory.
 *
 * @throws {ConfigurationError} where `PORT` is no port.
 */
export function defaultGatewayConfig(env: NodeJS.ProcessEnv, overrides: ListenOverrides = {}): GatewayConfig {
  const listen = environmentPort(env, overrides);
  if (listen.issues.length > 0) throw new ConfigurationError(listen.issues);
  const values = gatewaySchema.parse({});
  const { environment } = readTelemetryEnvironment(values.telemetry, env);
  const place = { file: undefined, dir: resolve('.'), rates: [], environment };
  return toGatewayConfig(values, place, listen.overrides);
}

/**
 * The configuration of a federation subgraph of which only the URL is known. Its schema is known too, so it is not
 * polled. The environment's `SHARE_INFLIGHT=false` keeps equal queries from sharing a call. Pure.
 *
 * @throws {ConfigurationError} where `url` is no `http:` or `https:` URL, or has a query or fragment.
 */
export function upstreamConfigForUrl(name: string, url: string, env: NodeJS.ProcessEnv = {}): UpstreamConfig {
  const shareInflight = env['SHARE_INFLIGHT'] !== 'false';
  const parsed = upstreamSchema.safeParse({ kind: 'federation', targets: url, poll: 'off', shareInflight });
  if (!parsed.success || url === 'embedded') {
    const expected = 'expected an http:// or https:// URL without query and fragment';
    const message = `${withoutFile}: subgraph "${name}": ${expected}, got "${redactUrl(url)}"`;
    throw new ConfigurationError([{ file: '', line: 0, column: 0, message }]);
  }
  return toUpstreamConfig(parsed.data, { name, file: withoutFile, headerText: () => undefined });
}

/** Flags, and under them the environment's `PORT`; an empty `PORT` counts as none. */
export function environmentPort(
  env: NodeJS.ProcessEnv,
  overrides: ListenOverrides,
): { readonly overrides: ListenOverrides; readonly issues: readonly ConfigurationIssue[] } {
  const text = env['PORT'];
  if (overrides.port !== undefined || text === undefined || text === '') return { overrides, issues: [] };
  if (/^\d{1,5}$/.test(text) && Number(text) <= 65_535) {
    return { overrides: { ...overrides, port: Number(text) }, issues: [] };
  }
  const message = `environment variable PORT: expected an integer from 0 to 65535, got "${text}"`;
  return { overrides, issues: [{ file: '', line: 0, column: 0, message }] };
}
