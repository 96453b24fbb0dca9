import { definitions } from './definitions.ts';
import type { Source, Write } from './registry.ts';
import type { Definition, Label } from './definition.ts';

/** How the gateway stands at this moment; asked for at each reading, so it must be at hand without waiting. */
export interface Figures {
  /** Sockets of clients that are open on the gateway's listener. */
  readonly connections: number;
  /** 1 for the first generation; one more for each that took over. */
  readonly generation: number;
  readonly reloads: { readonly ok: number; readonly failed: number };
  /** Plans that are kept, of all audiences; bytes by estimate. */
  readonly plans: { readonly entries: number; readonly bytes: number };
  /** What is kept; none where nothing is. */
  readonly caches: readonly CacheFigures[];
  /** Times that Redis failed the cache, or was too slow for it; undefined where the cache has no Redis. */
  readonly cacheFailures: number | undefined;
  /** Connections to Redis, each by what it is for. */
  readonly redis: readonly { readonly connection: string; readonly isUp: boolean }[];
  readonly upstreams: readonly UpstreamFigures[];
  /** Undefined where no traces are made. */
  readonly traces: TraceFigures | undefined;
}

export interface CacheFigures {
  /** `memory`, or `redis` where it is known of what is there. */
  readonly store: string;
  readonly entries: number;
  readonly bytes: number;
  /** Since the start, as the next. */
  readonly hits: number;
  readonly misses: number;
}

export interface UpstreamFigures {
  readonly name: string;
  /** `UpstreamState.schema`. */
  readonly schema: 'live' | 'file' | 'last-good' | 'missing' | 'declared';
  /** Undefined where it has no circuit breaker. */
  readonly circuit: 'closed' | 'half-open' | 'open' | undefined;
  /** Calls under way. */
  readonly active: number;
  readonly pools: readonly PoolFigures[];
}

/** As undici's `PoolStats`. */
export interface PoolFigures {
  /** Base URL without credentials and query. */
  readonly target: string;
  readonly connected: number;
  readonly free: number;
  readonly queued: number;
  readonly running: number;
  readonly pending: number;
}

export interface TraceFigures {
  /** Spans since the start. */
  readonly exported: number;
  readonly failed: number;
  readonly dropped: number;
  /** Spans that wait now. */
  readonly queued: number;
}

/** Writes the figures out as values of metrics. */
export function readFigures(figures: () => Figures): Source {
  return (write) => {
    const { connections, generation, reloads, plans, caches, cacheFailures, ...rest } = figures();
    const { redis, upstreams, traces } = rest;
    write(definitions.connections, [], connections);
    write(definitions.generation, [], generation);
    write(definitions.reloads, ['ok'], reloads.ok);
    write(definitions.reloads, ['failed'], reloads.failed);
    write(definitions.planEntries, [], plans.entries);
    write(definitions.planSize, [], plans.bytes);
    for (const cache of caches) writeCache(write, cache);
    if (cacheFailures !== undefined) write(definitions.cacheFailures, ['redis'], cacheFailures);
    for (const { connection, isUp } of redis) write(definitions.redisUp, [connection], isUp ? 1 : 0);
    for (const upstream of upstreams) writeUpstream(write, upstream);
    if (traces) writeTraces(write, traces);
  };
}

function writeCache(write: Write, { store, entries, bytes, hits, misses }: CacheFigures): void {
  write(definitions.cacheEntries, [store], entries);
  write(definitions.cacheSize, [store], bytes);
  write(definitions.cacheStoreLookups, [store, 'hit'], hits);
  write(definitions.cacheStoreLookups, [store, 'miss'], misses);
}

function writeUpstream(write: Write, { name, schema, circuit, active, pools }: UpstreamFigures): void {
  write(definitions.activeCalls, [name], active);
  writeState(write, definitions.upstreamSchema, { name, state: schema });
  if (circuit) writeState(write, definitions.upstreamCircuit, { name, state: circuit });
  for (const { target, connected, free, queued, running, pending } of pools) {
    write(definitions.poolConnections, [name, target, 'connected'], connected);
    write(definitions.poolConnections, [name, target, 'free'], free);
    write(definitions.poolRequests, [name, target, 'queued'], queued);
    write(definitions.poolRequests, [name, target, 'running'], running);
    write(definitions.poolRequests, [name, target, 'pending'], pending);
  }
}

interface State {
  readonly name: string;
  readonly state: string;
}

/** Each state is written, so that none goes on being seen that no longer holds. */
function writeState(write: Write, definition: Definition, { name, state }: State): void {
  const label: Label | undefined = definition.labels[1];
  for (const each of label?.values ?? []) write(definition, [name, each], each === state ? 1 : 0);
}

function writeTraces(write: Write, { exported, failed, dropped, queued }: TraceFigures): void {
  write(definitions.spans, ['exported'], exported);
  write(definitions.spans, ['failed'], failed);
  write(definitions.spans, ['dropped'], dropped);
  write(definitions.spansQueued, [], queued);
}
