import assert from 'node:assert/strict';
import { after, before, beforeEach, describe, test } from 'node:test';
import { sends } from '../support/demo-client.ts';
import { startFakeUpstream } from '../support/fake-upstream.ts';
import { demoNames, startDemoGateway, startGateway, type DemoGateway, type Json } from '../support/start-gateway.ts';

let demo: DemoGateway;
before(async () => {
  demo = await startDemoGateway();
});
after(async () => demo.close());
beforeEach(() => {
  demo.takeCalls();
});

describe('REST passthrough', () => {
  const json = async (path: string, init?: RequestInit): Promise<readonly [number, Json, Headers]> => {
    const response = await fetch(demo.url + path, init);
    return [response.status, (await response.json()) as Json, response.headers];
  };

  test('GET /api/users/** is answered by users as it is', async () => {
    const [status, user, headers] = await json('/api/users/1');
    assert.deepEqual([status, user['full_name']], [200, 'Ada Abel']);
    assert.equal(headers.get('x-served-by'), 'users');
    const [, page] = await json('/api/users?ids=3,2');
    assert.deepEqual(
      (page['items'] as Json[]).map(({ user_id }) => user_id),
      [3, 2],
    );
    assert.deepEqual(
      demo.takeCalls().users.map(({ path }) => path),
      ['/users/1', '/users?ids=3,2'],
    );
  });

  test('POST and PATCH carry their bodies, and the new location is one of the gateway', async () => {
    const [status, made, headers] = await json(
      '/api/users',
      sends('POST', { full_name: 'Rex', email: 'rex@shop.example' }),
    );
    assert.equal(status, 201);
    const location = `/api/users/${String(made['user_id'])}`;
    assert.equal(headers.get('location'), location);
    const [patched, user] = await json(location, sends('PATCH', { full_name: 'Rex Two' }));
    assert.deepEqual([patched, user['full_name']], [200, 'Rex Two']);
  });

  test('GET and POST /api/orders/** are answered by orders, refusals too', async () => {
    const [found, order] = await json('/api/orders/12');
    assert.deepEqual([found, order['id']], [200, 12]);
    const [refused, problem] = await json('/api/orders', sends('POST', { customer_id: 1, lines: [] }));
    assert.equal(refused, 422);
    assert.deepEqual((problem['error'] as Json)['fields'], { lines: 'must be 1 to 4' });
    const [missing] = await json('/api/orders/99999');
    assert.equal(missing, 404);
  });

  test('what no route names is not served', async () => {
    const [status, body] = await json('/api/products/1');
    assert.deepEqual([status, (body['error'] as Json)['code']], [404, 'NOT_FOUND']);
  });
});

describe('headers', () => {
  const everything = `{
    user(id: 1) { name } order(id: 1) { id } review(id: 1) { rating } warehouses { city } topProducts(first: 1) { name }
  }`;
  const sent = {
    authorization: 'Bearer of-the-client',
    cookie: 'session=1',
    'x-api-key': 'k',
    'x-forwarded-for': '9.9.9.9',
    'user-agent': 'a-client',
    'x-request-id': 'asked-by-the-client-1',
    traceparent: '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01',
  };
  const transport = [
    'accept',
    'accept-encoding',
    'connection',
    'content-length',
    'content-type',
    'host',
    'transfer-encoding',
  ];

  test('nothing goes upstream but request id, trace and what is named', async () => {
    await demo.query(everything, {}, sent);
    for (const [name, calls] of Object.entries(demo.takeCalls())) {
      assert.equal(calls.length, 1, name);
      const headers = Object.keys(calls[0]?.headers ?? {}).filter((header) => !transport.includes(header));
      const named = name === 'users' || name === 'orders' ? ['authorization'] : [];
      assert.deepEqual(headers.toSorted(), [...named, 'traceparent', 'x-request-id'], name);
    }
  });

  test("the client's authorization reaches users and orders, whose files name it, and no other upstream", async () => {
    await demo.query(everything, {}, sent);
    const calls = demo.takeCalls();
    for (const name of demoNames) {
      const expected = name === 'users' || name === 'orders' ? sent.authorization : undefined;
      assert.equal(calls[name][0]?.headers['authorization'], expected, name);
    }
  });

  test('the request id is echoed, and it and the trace reach every upstream', async () => {
    const { headers } = await demo.query(everything, {}, sent);
    assert.equal(headers.get('x-request-id'), sent['x-request-id']);
    for (const [name, [call]] of Object.entries(demo.takeCalls())) {
      assert.equal(call?.headers['x-request-id'], sent['x-request-id'], name);
      const [, trace, parent] = String(call?.headers['traceparent']).split('-');
      assert.equal(trace, '4bf92f3577b34da6a3ce929d0e0e4736', name);
      assert.notEqual(parent, '00f067aa0ba902b7', name);
    }
  });

  test('a request without an id gets one', async () => {
    const { headers } = await demo.query('{ review(id: 1) { id } }');
    assert.match(headers.get('x-request-id') ?? '', /^[\w-]{8,}$/);
    assert.equal(demo.takeCalls().reviews[0]?.headers['x-request-id'], headers.get('x-request-id'));
  });

  test('cookies of several upstreams all come back, other headers do not', async (t) => {
    const cookies = (name: string, body: Json) =>
      startFakeUpstream(() => ({
        json: body,
        headers: { 'set-cookie': [`${name}=1`, `${name}2=2; Path=/`], 'x-powered-by': name },
      }));
    const users = await cookies('users', {
      user_id: 1,
      full_name: 'A',
      email: 'a@b',
      status: 'active',
      created_at: '',
    });
    const orders = await cookies('orders', { id: 1, status: 'paid', created_at: '', total_cents: 1, lines: [] });
    const { servers } = demo;
    const env = { USERS_URL: users.url, ORDERS_URL: orders.url, PRODUCTS_URL: servers.products.url };
    const rest = { REVIEWS_URL: servers.reviews.url, INVENTORY_URL: servers.inventory.url };
    const gateway = await startGateway({ env: { ...env, ...rest } });
    t.after(async () => Promise.all([gateway.close(), users.close(), orders.close()]));

    const { data, headers } = await gateway.query('{ user(id: 1) { name } order(id: 1) { total } }');
    assert.deepEqual(data, { user: { name: 'A' }, order: { total: 1 } });
    assert.deepEqual(headers.getSetCookie().toSorted(), [
      'orders2=2; Path=/',
      'orders=1',
      'users2=2; Path=/',
      'users=1',
    ]);
    assert.equal(headers.get('x-powered-by'), null);
    // USERS_URL named a server: it was used in place of the stand-in.
    assert.deepEqual(
      users.requests.map(({ path }) => path),
      ['/users/1'],
    );
  });
});
