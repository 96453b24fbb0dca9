import { Pool } from 'undici';
import { GatewayError } from '../errors.ts';
import type { UpstreamConfig } from '../config/types.ts';
import { connectWithin } from './connect.ts';

/** One base URL of an upstream and its sockets. */
export interface Target {
  /** Scheme, host and port. */
  readonly origin: string;
  /** Path of the base URL, without a trailing slash; often empty. */
  readonly basePath: string;
  /** Both, as records name it. */
  readonly base: string;
  readonly pool: Pool;
}

/** A socket that nobody used for so long is closed, unless the upstream announces a time of its own. */
const keepAliveMs = 30_000;

/**
 * One pool per base URL. Requests are never pipelined: one slow answer would hold up others, and a mutation could run
 * twice. HTTP/2 costs more than it saves here. The pools limit connecting only; calls limit time and size, each its own way.
 *
 * @throws {GatewayError} `CONFIGURATION_INVALID` for a target that is no `http:` or `https:` URL.
 */
export function openTargets(config: UpstreamConfig, targets: readonly string[]): Target[] {
  if (targets.length === 0) {
    throw new GatewayError('CONFIGURATION_INVALID', `upstream "${config.name}" must have one target at least`);
  }
  return targets.map((text) => {
    const url = readTarget(config.name, text);
    const pool = new Pool(url.origin, {
      connections: config.connections,
      pipelining: 1,
      connect: connectWithin(config.timeouts.connectMs),
      keepAliveTimeout: keepAliveMs,
      headersTimeout: 0,
      bodyTimeout: 0,
    });
    const basePath = url.pathname.replace(/\/+$/, '');
    return { origin: url.origin, basePath, base: url.origin + basePath, pool };
  });
}

/** The targets in turn, for each call the next one. */
export function roundRobin(targets: readonly Target[]): () => Target {
  let next = 0;
  return () => {
    const target = targets[next] as Target;
    next = (next + 1) % targets.length;
    return target;
  };
}

/** Path and query of a call as the target's server sees it. */
export function targetPath(target: Target, path: string): string {
  const joined = target.basePath + path;
  return joined.startsWith('/') ? joined : `/${joined}`;
}

function readTarget(upstream: string, text: string): URL {
  const url = URL.parse(text);
  if (url === null || (url.protocol !== 'http:' && url.protocol !== 'https:')) {
    const message = `a target of upstream "${upstream}" must be a URL with http: or https:`;
    throw new GatewayError('CONFIGURATION_INVALID', message);
  }
  return url;
}
