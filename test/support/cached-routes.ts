import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { TestContext } from 'node:test';
import { createSingleFlight } from '../../src/cache/single-flight.ts';
import type { RouteCacheConfig } from '../../src/config/cache-types.ts';
import type { RouteConfig } from '../../src/config/types.ts';
import { anonymous } from '../../src/identity/caller.ts';
import { createRouteCaches } from '../../src/rest/cache/route-caches.ts';
import { createPassthrough } from '../../src/rest/passthrough.ts';
import { RequestRecord } from '../../src/telemetry/record.ts';
import type { Upstream } from '../../src/upstream/pool.ts';
import { createRequestScope } from '../../src/upstream/scope.ts';
import { startFakeUpstream, type FakeAnswer, type FakeCall, type FakeUpstream } from './fake-upstream.ts';
import { createMapCacheStore, type MapCacheStore } from './map-cache-store.ts';
import { route } from './passthrough-gateway.ts';
import { openUpstream, type ConfigChanges } from './upstream-config.ts';

/** The `cache` of a route, with the documented defaults. */
export function routeCacheConfig(changes: Partial<RouteCacheConfig> = {}): RouteCacheConfig {
  return {
    maxAgeMs: undefined,
    defaultMaxAgeMs: undefined,
    methods: ['GET', 'HEAD'],
    statuses: [200, 203, 204, 300, 301, 308, 404, 410],
    contentTypes: [],
    staleWhileRevalidateMs: 0,
    staleIfErrorMs: 0,
    ...changes,
    key: { query: undefined, headers: [], caller: false, ...changes.key },
  };
}

/** When the clock of cached routes starts, milliseconds since 1970. */
export const startTime = Date.UTC(2031, 0, 1);

export interface CachedRoutes {
  readonly url: string;
  readonly fake: FakeUpstream;
  readonly store: MapCacheStore;
  /** Moves the clock of the gateway, and of what the upstream says in `date`. */
  readonly pass: (seconds: number) => void;
  /** Milliseconds since 1970, by that clock. */
  readonly now: () => number;
  /** Requests that have come to the gateway. */
  readonly comings: () => number;
  /** Requests whose clients have been answered, or have left. */
  readonly goings: () => number;
}

export interface CachedRoutesOptions {
  /** Of the one route. Default: the documented defaults. */
  readonly config?: Partial<RouteCacheConfig>;
  /** In place of the one route. */
  readonly routes?: readonly RouteConfig[];
  readonly upstream?: ConfigChanges;
  readonly maxEntryBytes?: number;
  readonly basePath?: string;
  /** Whether the store has to ask elsewhere for what it keeps. Default false. */
  readonly hasRemoteStore?: boolean;
  /** Takes the record of each request. Default: requests have none. */
  readonly records?: RequestRecord[];
}

/**
 * Routes that keep answers, on a socket, before a real upstream. Who sends `x-caller` is the caller of that name; the
 * upstream does not see the field.
 */
export async function startCachedRoutes(
  t: TestContext,
  handler: (call: FakeCall) => FakeAnswer | void | Promise<FakeAnswer | void>,
  options: CachedRoutesOptions = {},
): Promise<CachedRoutes> {
  let time = startTime;
  const now = (): number => time;
  const store = createMapCacheStore(now, options.hasRemoteStore);
  const fake = await startFakeUpstream(async (call) => {
    call.response.sendDate = false;
    call.response.setHeader('date', new Date(time).toUTCString());
    return handler(call);
  });
  const upstream = openUpstream(fake.url + (options.basePath ?? ''), options.upstream);
  const gateway = await listen(upstream, { options, store, now });
  t.after(async () => {
    await Promise.all([gateway.close(), upstream.destroy(), fake.close()]);
  });
  const pass = (seconds: number): void => {
    time += seconds * 1000;
  };
  const { url, comings, goings } = gateway;
  return { url, fake, store, now, pass, comings, goings };
}

interface Listening {
  readonly options: CachedRoutesOptions;
  readonly store: MapCacheStore;
  readonly now: () => number;
}

async function listen(upstream: Upstream, { options, store, now }: Listening) {
  const {
    config,
    routes = [route({ cache: routeCacheConfig(config) })],
    maxEntryBytes = 1024 * 1024,
    records,
  } = options;
  const singleFlight = createSingleFlight({ redis: undefined, timeoutMs: 10 });
  const cacheFor = createRouteCaches(routes, { store, singleFlight, now, maxEntryBytes, show: true });
  const passthrough = createPassthrough(routes, new Map([[upstream.name, upstream]]), { cacheFor });
  let comings = 0;
  let goings = 0;
  const server = createServer((req, res) => {
    comings += 1;
    const match = passthrough.match(req.method ?? '', req.url ?? '');
    if (match === undefined) {
      res.writeHead(404).end();
      return;
    }
    const leaving = new AbortController();
    res.once('close', () => {
      leaving.abort();
      goings += 1;
    });
    const name = req.headers['x-caller'];
    const caller =
      typeof name === 'string' ? { ...anonymous, isKnown: true, id: `subject:${name}`, subject: name } : anonymous;
    const hidden = { headers: ['x-caller'], cookies: [], queryParameters: [] };
    const record = records && new RequestRecord(req.method ?? '', req.headers);
    if (record) records.push(record);
    const given = { headers: req.headers, signal: leaving.signal, responseHeaderRules: {}, caller, hidden, record };
    void passthrough.forward(req, res, match, createRequestScope(given));
  });
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    comings: () => comings,
    goings: () => goings,
    close: async () => {
      await new Promise<void>((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      });
    },
  };
}
