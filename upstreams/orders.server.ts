import { OrderStore } from './demo/order-store.ts';
import { readId, readNumber } from './demo/read.ts';
import { Refusal } from './demo/refusal.ts';
import { startRest } from './demo/rest-server.ts';
import type { RestAnswer, RestRule } from './demo/rest-server.ts';
import { runAlone } from './demo/server.ts';
import type { DemoServer, StartOptions } from './demo/server.ts';

function find(orders: OrderStore, id: string): RestAnswer {
  const order = orders.one(readId(id));
  if (order === undefined) throw new Refusal(404, 'not_found', `There is no order ${id}.`);
  return { status: 200, body: order };
}

function listOf(orders: OrderStore, customer: string, query: URLSearchParams): RestAnswer {
  const items = orders.ofCustomer(readId(customer), readNumber(query, { name: 'limit', fallback: 10, high: 100 }));
  if (items === undefined) throw new Refusal(404, 'not_found', `There is no user ${customer}.`);
  return { status: 200, body: { items } };
}

function create(orders: OrderStore, body: unknown): RestAnswer {
  const order = orders.create(body);
  return { status: 201, body: order, headers: { location: `/orders/${order.id}` } };
}

/** The orders service: REST, one order or one customer's orders at a time. Each server has orders of its own. */
export function start(options?: StartOptions): Promise<DemoServer> {
  const orders = new OrderStore();
  const rules: readonly RestRule[] = [
    { method: 'POST', path: /^\/orders$/, answer: ({ body }) => create(orders, body) },
    { method: 'GET', path: /^\/orders\/([^/]+)$/, answer: ({ params: [id = ''] }) => find(orders, id) },
    {
      method: 'GET',
      path: /^\/users\/([^/]+)\/orders$/,
      answer: ({ params: [id = ''], query }) => listOf(orders, id, query),
    },
  ];
  return startRest('orders', rules, options);
}

if (import.meta.main) await runAlone('orders', start);
