import type { Timeouts, UpstreamConfig } from '../../src/config/types.ts';
import { createUpstream, type Upstream } from '../../src/upstream/pool.ts';

export type ConfigChanges = Partial<Omit<UpstreamConfig, 'timeouts'>> & { readonly timeouts?: Partial<Timeouts> };

/** An upstream's configuration with the documented defaults. */
export function upstreamConfig(changes: ConfigChanges = {}): UpstreamConfig {
  const { timeouts = {}, ...rest } = changes;
  const totalMs = timeouts.totalMs ?? 5000;
  return {
    name: 'users',
    kind: 'rest',
    file: 'upstreams/users.yaml',
    targets: ['embedded'],
    openapi: undefined,
    schema: undefined,
    headers: {},
    connections: 64,
    maxResponseBytes: 16 * 1024 * 1024,
    concurrency: 10,
    errors: {},
    pollMs: 0,
    ...rest,
    timeouts: { connectMs: 1000, headersMs: totalMs, bodyMs: totalMs, totalMs, ...timeouts },
  };
}

/** A live upstream over the given base URLs. */
export function openUpstream(targets: string | readonly string[], changes: ConfigChanges = {}): Upstream {
  return createUpstream(upstreamConfig(changes), typeof targets === 'string' ? [targets] : targets);
}
