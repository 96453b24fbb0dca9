import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { loadGatewayFolder } from '../../src/config/load.ts';
import type { GatewayConfig, GatewayFolder, UpstreamConfig } from '../../src/config/types.ts';
import { startGateway as start, type Gateway } from '../../src/gateway.ts';
import { start as startInventory } from '../../upstreams/inventory.server.ts';
import { start as startOrders } from '../../upstreams/orders.server.ts';
import { start as startProducts } from '../../upstreams/products.server.ts';
import { start as startReviews } from '../../upstreams/reviews.server.ts';
import { start as startUsers } from '../../upstreams/users.server.ts';
import type { DemoServer, RecordedRequest, Start } from '../../upstreams/demo/server.ts';

/** Whole gateways for tests: a folder, started in this process on a free port. */

export type Json = Readonly<Record<string, unknown>>;

export interface AnswerError {
  readonly message: string;
  readonly path?: readonly (string | number)[];
  readonly extensions: Json;
}

export interface GraphqlAnswer {
  readonly status: number;
  readonly headers: Headers;
  /** `null` where there is none. */
  readonly data: Json | null;
  /** Empty where there are none. */
  readonly errors: readonly AnswerError[];
  /** The body as it came. */
  readonly text: string;
}

/** The object that a root field answered. */
export function objectAt({ data }: Pick<GraphqlAnswer, 'data'>, field: string): Json {
  const value = data?.[field];
  if (typeof value !== 'object' || value === null)
    throw new TypeError(`"${field}" must be an object, but got: ${String(value)}`);
  return value as Json;
}

export type Query = (query: string, variables?: Json, headers?: Record<string, string>) => Promise<GraphqlAnswer>;

export interface TestGateway {
  readonly gateway: Gateway;
  /** Base URL, without a trailing slash. */
  readonly url: string;
  readonly query: Query;
  readonly close: () => Promise<void>;
}

export interface GatewayChanges {
  /** Absolute folder. Default: the demo's. */
  readonly dir?: string;
  /** In place of the process's environment. Default: empty. */
  readonly env?: NodeJS.ProcessEnv;
  readonly gateway?: Partial<GatewayConfig>;
  /** For every upstream. */
  readonly everyUpstream?: Partial<UpstreamConfig>;
  /** By upstream name. */
  readonly upstreams?: Readonly<Record<string, Partial<UpstreamConfig>>>;
}

/** Both must answer alike. */
export const engines = ['compiled', 'stitched'] as const;

export type Engine = (typeof engines)[number];

export const demoFolder = fileURLToPath(new URL('../..', import.meta.url));

/** Starts the gateway of a folder. It keeps its state in a folder of its own, and does not poll unless told to. */
export async function startGateway(changes: GatewayChanges = {}): Promise<TestGateway> {
  const stateDir = await mkdtemp(join(tmpdir(), 'weft-test-'));
  const removeState = async (): Promise<void> => rm(stateDir, { recursive: true, force: true });
  try {
    const folder = await loadGatewayFolder(changes.dir ?? demoFolder, changes.env ?? {}, { port: 0 });
    const gateway = await start({ folder: changed(folder, stateDir, changes) });
    const close = async (): Promise<void> => {
      await gateway.close();
      await removeState();
    };
    return { gateway, url: gateway.url, query: graphqlClient(gateway.graphqlUrl), close };
  } catch (error) {
    await removeState();
    throw error;
  }
}

function changed(folder: GatewayFolder, stateDir: string, changes: GatewayChanges): GatewayFolder {
  return {
    ...folder,
    gateway: { ...folder.gateway, stateDir, ...changes.gateway },
    upstreams: folder.upstreams.map((upstream) => ({
      ...upstream,
      pollMs: 0,
      ...changes.everyUpstream,
      ...changes.upstreams?.[upstream.name],
    })),
  };
}

/** Asks a GraphQL endpoint by POST. */
export function graphqlClient(endpoint: string): Query {
  return async (query, variables = {}, headers = {}) => {
    const response = await fetch(endpoint, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...headers },
      body: JSON.stringify({ query, variables }),
    });
    const text = await response.text();
    const { data = null, errors = [] } = JSON.parse(text) as Partial<GraphqlAnswer>;
    return { status: response.status, headers: response.headers, data, errors, text };
  };
}

const demoStarts = {
  users: startUsers,
  orders: startOrders,
  products: startProducts,
  reviews: startReviews,
  inventory: startInventory,
} as const satisfies Readonly<Record<string, Start>>;

export type DemoName = keyof typeof demoStarts;

export const demoNames = Object.keys(demoStarts) as readonly DemoName[];

/** A stand-in's base URL is its environment variable's value: `USERS_URL` and so on. */
export function environmentOf(urls: Readonly<Record<string, string>>): NodeJS.ProcessEnv {
  return Object.fromEntries(Object.entries(urls).map(([name, url]) => [`${name.toUpperCase()}_URL`, url]));
}

export interface DemoServers {
  readonly servers: Readonly<Record<DemoName, DemoServer>>;
  readonly env: NodeJS.ProcessEnv;
  readonly close: () => Promise<void>;
}

/** The five demo upstreams, started by the test so that it sees what they are asked. */
export async function startDemoServers(): Promise<DemoServers> {
  const started = await Promise.all(
    demoNames.map(async (name): Promise<readonly [DemoName, DemoServer]> => [name, await demoStarts[name]()]),
  );
  const servers = Object.fromEntries(started) as Record<DemoName, DemoServer>;
  const urls = Object.fromEntries(started.map(([name, { url }]) => [name, url]));
  return {
    servers,
    env: environmentOf(urls),
    close: async () => {
      await Promise.all(started.map(async ([, server]) => server.close()));
    },
  };
}

export interface DemoGateway extends TestGateway {
  readonly servers: DemoServers['servers'];
  /** The requests of each upstream since the last call of it. */
  readonly takeCalls: () => Readonly<Record<DemoName, readonly RecordedRequest[]>>;
}

/** The demo gateway over upstreams that the test watches. */
export async function startDemoGateway(changes: GatewayChanges = {}): Promise<DemoGateway> {
  const demo = await startDemoServers();
  const running = await startGateway({ ...changes, env: { ...demo.env, ...changes.env } });
  const takeCalls = (): Record<DemoName, readonly RecordedRequest[]> =>
    byName((name) => demo.servers[name].requests.splice(0));
  takeCalls();
  return {
    ...running,
    servers: demo.servers,
    takeCalls,
    close: async () => {
      await running.close();
      await demo.close();
    },
  };
}

/** How many calls each upstream got. */
export function countCalls(calls: Readonly<Record<DemoName, readonly RecordedRequest[]>>): Record<DemoName, number> {
  return byName((name) => calls[name].length);
}

function byName<T>(make: (name: DemoName) => T): Record<DemoName, T> {
  return Object.fromEntries(demoNames.map((name) => [name, make(name)])) as Record<DemoName, T>;
}
