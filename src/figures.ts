import type { OpenUpstreams } from './assembly/open-upstreams.ts';
import type { UpstreamState } from './gateway.ts';
import type { Generation } from './generation.ts';
import { isReady } from './redis/connect.ts';
import type { SharedState } from './security.ts';
import type { HttpServer } from './server/http-server.ts';
import type { Figures } from './telemetry/metrics/figures.ts';

/** What the figures of a gateway are read from. */
export interface FigureSources {
  /** Undefined as long as it does not serve. */
  readonly server: Pick<HttpServer, 'connections'> | undefined;
  readonly generation: Pick<Generation, 'plans'> | undefined;
  /** Generations that took over from another, and those that could not. */
  readonly reloads: { readonly ok: number; readonly failed: number };
  readonly opened: OpenUpstreams;
  readonly shared: SharedState;
  readonly states: readonly UpstreamState[];
}

/** How a gateway stands at this moment. */
export function readFigures(sources: FigureSources): Omit<Figures, 'traces'> {
  const { server, generation, reloads, opened, shared, states } = sources;
  const { redis, caching } = shared;
  const counts = caching?.store.counts();
  return {
    connections: server?.connections() ?? 0,
    generation: reloads.ok + 1,
    reloads,
    plans: generation?.plans() ?? { entries: 0, bytes: 0 },
    caches: counts ? [{ store: 'memory', ...counts }] : [],
    cacheFailures: redis && counts?.failures,
    redis: redis ? [{ connection: 'shared', isUp: isReady(redis) }] : [],
    upstreams: states.map(({ name, schema }) => {
      const upstream = opened.byName.get(name)?.upstream;
      return { name, schema, circuit: undefined, active: upstream?.active() ?? 0, pools: upstream?.stats() ?? [] };
    }),
  };
}
