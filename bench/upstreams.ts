import { once } from 'node:events';
import { start as startInventory } from '../upstreams/inventory.server.ts';
import { start as startOrders } from '../upstreams/orders.server.ts';
import { start as startProducts } from '../upstreams/products.server.ts';
import { start as startReviews } from '../upstreams/reviews.server.ts';
import { start as startUsers } from '../upstreams/users.server.ts';
import type { RecordedCall } from './types.ts';

/** The five demo upstreams in a process of their own, so that the gateway's processor time is its own. */
const started = {
  users: await startUsers(),
  orders: await startOrders(),
  products: await startProducts(),
  reviews: await startReviews(),
  inventory: await startInventory(),
};

/** All calls since the last time somebody asked. */
function takeCalls(): RecordedCall[] {
  return Object.values(started).flatMap(({ url, requests }) =>
    requests
      .splice(0)
      .map(({ method, path, body }) => ({ url: new URL(path, url).href, method, ...(body === '' ? {} : { body }) })),
  );
}

process.on('message', () => process.send?.({ calls: takeCalls() }));
process.send?.({ urls: Object.fromEntries(Object.entries(started).map(([name, { url }]) => [name, url])) });
await once(process, 'disconnect');
process.exit(0);
