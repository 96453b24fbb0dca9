import { once } from 'node:events';
import { start as startInventory } from '../upstreams/inventory.server.ts';
import { start as startOrders } from '../upstreams/orders.server.ts';
import { start as startProducts } from '../upstreams/products.server.ts';
import { start as startReviews } from '../upstreams/reviews.server.ts';
import { start as startUsers } from '../upstreams/users.server.ts';
import { startAnswerServer, type AnswerServer, type TimedCall } from './answer-server.ts';
import { createShopUpstream, type ShopRequest } from './shop/schema.ts';
import { shopUpstreams, type ShopUpstream } from './shop/schemas.ts';
import type { SetName, UpstreamCall } from './types.ts';

/** All upstreams of both sets, in a process of their own, so that the gateway's processor time is its own. */

export type Urls = Readonly<Record<SetName, Readonly<Record<string, string>>>>;

/** What the process is asked; each question gets one reply. */
export type Question =
  | { readonly ask: 'count' }
  | { readonly ask: 'record'; readonly delayMs: number }
  | { readonly ask: 'recording' };

export interface Reply {
  /** Calls so far, of all upstreams. */
  readonly count: number;
  /** In order of arrival; empty unless asked for the recording. */
  readonly calls: readonly TimedCall[];
}

const demoServers = {
  users: startUsers,
  orders: startOrders,
  products: startProducts,
  reviews: startReviews,
  inventory: startInventory,
};

async function startShopServer(name: ShopUpstream): Promise<AnswerServer> {
  const run = createShopUpstream(name);
  return startAnswerServer(async ({ body }) => ({
    status: 200,
    contentType: 'application/json',
    body: Buffer.from(JSON.stringify(await run(JSON.parse(body) as ShopRequest))),
  }));
}

/** In front of a demo server: what it says once is kept. */
async function askDemoServer(base: string, { method, path, body }: UpstreamCall) {
  const headers = { accept: 'application/json', 'content-type': 'application/json' };
  const response = await fetch(new URL(path, base), { method, headers, ...(body === '' ? {} : { body }) });
  return {
    status: response.status,
    contentType: response.headers.get('content-type') ?? 'application/json',
    body: Buffer.from(await response.arrayBuffer()),
  };
}

const servers: AnswerServer[] = [];
const urls = { shop: {} as Record<string, string>, demo: {} as Record<string, string> };
for (const name of shopUpstreams) {
  const server = await startShopServer(name);
  servers.push(server);
  urls.shop[name] = `${server.origin}/graphql`;
}
for (const [name, start] of Object.entries(demoServers)) {
  const { url } = await start();
  const server = await startAnswerServer((call) => askDemoServer(url, call));
  servers.push(server);
  urls.demo[name] = new URL(new URL(url).pathname, server.origin).href.replace(/\/$/, '');
}

function reply(question: Question): Reply {
  if (question.ask === 'record') for (const server of servers) server.startRecording(question.delayMs);
  const calls = question.ask === 'recording' ? servers.flatMap((server) => server.takeRecording()) : [];
  const count = servers.reduce((sum, server) => sum + server.count(), 0);
  return { count, calls: calls.toSorted((a, b) => a.arrivedMs - b.arrivedMs) };
}

process.on('message', (question: Question) => process.send?.(reply(question)));
process.send?.(urls);
await once(process, 'disconnect');
process.exit(0);
