import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { parse as parseYaml } from 'yaml';
import { start as startOrders } from '../../upstreams/orders.server.ts';
import { start as startReviews } from '../../upstreams/reviews.server.ts';
import { start as startUsers } from '../../upstreams/users.server.ts';
import { keysOf, restClient, sends, serve } from '../support/demo-client.ts';
import type { Json } from '../support/demo-client.ts';

const root = new URL('../../', import.meta.url);

describe('users', () => {
  const server = serve(startUsers);
  const ask = restClient(server);

  test('a user has the properties of its OpenAPI schema, and no other', async () => {
    const { components } = parseYaml(readFileSync(new URL('upstreams/users.openapi.yaml', root), 'utf8'));
    const { status, headers, body } = await ask('/users/1');
    assert.equal(status, 200);
    assert.equal(headers.get('content-type'), 'application/json');
    assert.equal(headers.get('x-served-by'), 'users');
    assert.deepEqual(body, {
      user_id: 1,
      full_name: 'Ada Abel',
      email: 'ada.abel@shop.example',
      status: 'active',
      created_at: '2024-01-02T06:33:00.000Z',
      unread_count: 7,
      address: { street: '102 Church Walk', city: 'Calder', postal_code: '82864' },
    });
    assert.deepEqual(Object.keys(body), components.schemas.User.required);
    assert.deepEqual(Object.keys(body), Object.keys(components.schemas.User.properties));
  });

  test('every $ref of the OpenAPI document leads somewhere', () => {
    const text = readFileSync(new URL('upstreams/users.openapi.yaml', root), 'utf8');
    const document = parseYaml(text) as Json;
    const references = [...text.matchAll(/\$ref: '#\/([^']+)'/g)].map(([, path = '']) => path.split('/'));
    assert.ok(references.length > 10);
    for (const path of references) {
      const found = path.reduce<unknown>((value, key) => (value as Json | undefined)?.[key], document);
      assert.notEqual(found, undefined, path.join('/'));
    }
  });

  test('an unknown user is a 404 with code and message', async () => {
    for (const id of ['201', '0', 'abc']) {
      const { status, body } = await ask(`/users/${id}`);
      assert.equal(status, 404);
      assert.deepEqual(body, { error: { code: 'not_found', message: `There is no user ${id}.` } });
    }
  });

  test('a batch keeps the order of its ids, leaves unknown ones out and has no next page', async () => {
    const { body } = await ask('/users?ids=3,999,1,abc,3');
    assert.deepEqual(keysOf(body['items'], 'user_id'), [3, 1]);
    assert.equal(body['next'], null);
  });

  test('a batch of more than 50 ids is refused', async () => {
    const ids = Array.from({ length: 51 }, (_, index) => index + 1);
    assert.equal((await ask(`/users?ids=${ids.slice(1).join(',')}`)).status, 200);
    const { status, body } = await ask(`/users?ids=${ids.join(',')}`);
    assert.equal(status, 400);
    assert.deepEqual(body, { error: { code: 'bad_query', message: '"ids" takes at most 50.' } });
  });

  test('pages have 20 users, and the last one has no next', async () => {
    const first = await ask('/users');
    assert.deepEqual(
      keysOf(first.body['items'], 'user_id'),
      Array.from({ length: 20 }, (_, index) => index + 1),
    );
    assert.equal(first.body['next'], 2);
    const last = await ask('/users?page=10');
    assert.deepEqual([(last.body['items'] as Json[]).length, last.body['next']], [20, null]);
    assert.deepEqual((await ask('/users?page=11')).body, { items: [], next: null });
  });

  test('a status chooses users across pages', async () => {
    const ids: unknown[] = [];
    for (let page: number | null = 1; page !== null;) {
      const { body } = await ask(`/users?status=active&page=${page}`);
      assert.deepEqual(new Set(keysOf(body['items'], 'status')), new Set(['active']));
      ids.push(...keysOf(body['items'], 'user_id'));
      page = body['next'] as number | null;
    }
    assert.equal(new Set(ids).size, ids.length);
    assert.ok(ids.length > 150 && ids.length < 200);
  });

  test('a page or status that makes no sense is a 400', async () => {
    for (const query of ['page=0', 'page=two', 'page=1.5', 'status=asleep']) {
      const { status, body } = await ask(`/users?${query}`);
      assert.equal(status, 400);
      assert.equal((body['error'] as Json)['code'], 'bad_query');
    }
  });

  test('a new user is answered with 201, a Location and the next id', async () => {
    const body = { full_name: 'Zoe New', email: 'Zoe@shop.example' };
    const created = await ask('/users', sends('POST', body));
    assert.equal(created.status, 201);
    assert.equal(created.headers.get('location'), '/users/201');
    const { user_id, email, status, address } = created.body;
    assert.deepEqual([user_id, email, status, address], [201, 'zoe@shop.example', 'invited', null]);
    assert.deepEqual((await ask('/users/201')).body, created.body);
    assert.deepEqual((await ask('/users', sends('POST', { ...body, full_name: 'Z' }))).body, {
      error: { code: 'conflict', message: 'The email Zoe@shop.example is in use.' },
    });
  });

  test('a change keeps what it does not name', async () => {
    const { body: unchanged } = await ask('/users/5');
    const { status, body } = await ask('/users/5', sends('PATCH', { status: 'suspended' }));
    assert.equal(status, 200);
    assert.deepEqual(body, { ...unchanged, status: 'suspended' });
    assert.equal((await ask('/users/5', sends('PATCH', { email: unchanged['email'] }))).status, 200);
    assert.equal((await ask('/users/5', sends('PATCH', { email: 'ada.abel@shop.example' }))).status, 409);
    assert.equal((await ask('/users/999', sends('PATCH', {}))).status, 404);
  });

  test('values that do not fit are a 422 which names their fields', async () => {
    const made = await ask('/users', sends('POST', { full_name: ' ', address: { city: 'X' } }));
    assert.equal(made.status, 422);
    assert.deepEqual(made.body, {
      error: {
        code: 'invalid',
        message: 'The user is not valid.',
        fields: {
          full_name: 'must not be empty',
          email: 'must be an address like name@host',
          address: 'must have a street, a city and a postal_code',
        },
      },
    });
    const changed = await ask('/users/6', sends('PATCH', { status: 'asleep', full_name: null }));
    assert.deepEqual((changed.body['error'] as Json)['fields'], {
      full_name: 'must not be empty',
      status: 'must be one of active, invited, suspended',
    });
  });

  test('a body that is not a JSON object is a 400', async () => {
    for (const body of ['{"full_name":', '', '[]', 'null']) {
      const answer = await ask('/users', sends('POST', body));
      assert.equal(answer.status, 400);
      assert.equal((answer.body['error'] as Json)['code'], 'bad_json');
    }
  });

  test('a method that a path does not have is a 405 that lists those it has', async () => {
    const { status, headers, body } = await ask('/users/1', { method: 'DELETE' });
    assert.equal(status, 405);
    assert.equal(headers.get('allow'), 'GET, HEAD, PATCH');
    assert.equal((body['error'] as Json)['code'], 'method_not_allowed');
  });

  test('HEAD answers as GET does, without the body', async () => {
    const response = await fetch(`${server().url}/users/1`, { method: 'HEAD' });
    assert.equal(response.status, 200);
    assert.ok(Number(response.headers.get('content-length')) > 100);
    assert.equal(await response.text(), '');
  });

  test('requests are recorded as they came, the last 1000 of them', async () => {
    server().requests.length = 0;
    await ask('/users?ids=1', { headers: { 'x-request-id': 'abc' } });
    await ask('/users/1', sends('PATCH', '{ }'));
    const [read, changed] = server().requests;
    assert.deepEqual([read?.method, read?.path, read?.body], ['GET', '/users?ids=1', '']);
    assert.equal(read?.headers['x-request-id'], 'abc');
    assert.deepEqual([changed?.method, changed?.path, changed?.body], ['PATCH', '/users/1', '{ }']);
    for (let sent = 0; sent < 1000; sent++) await ask(`/users/${sent}`);
    assert.equal(server().requests.length, 1000);
    assert.equal(server().requests[0]?.path, '/users/0');
  });
});

describe('orders', () => {
  const server = serve(startOrders);
  const ask = restClient(server);

  test('an order has its lines and their sum', async () => {
    const { status, headers, body } = await ask('/orders/4628');
    assert.equal(status, 200);
    assert.equal(headers.get('x-served-by'), 'orders');
    assert.deepEqual(Object.keys(body), ['id', 'customer_id', 'status', 'created_at', 'total_cents', 'lines']);
    assert.deepEqual([body['id'], body['customer_id'], body['total_cents']], [4628, 1, 13_103]);
    assert.deepEqual(Object.keys((body['lines'] as Json[])[0] ?? {}), ['product_id', 'quantity', 'unit_price']);
  });

  test('an unknown order is a 404 with code and message', async () => {
    const { status, body } = await ask('/orders/5001');
    assert.equal(status, 404);
    assert.deepEqual(body, { error: { code: 'not_found', message: 'There is no order 5001.' } });
  });

  test("a user's orders come newest first, ten unless told", async () => {
    const { body } = await ask('/users/1/orders');
    const ids = keysOf(body['items'], 'id') as number[];
    assert.equal(ids.length, 10);
    assert.deepEqual(
      ids,
      ids.toSorted((one, other) => other - one),
    );
    assert.deepEqual(keysOf((await ask('/users/1/orders?limit=2')).body['items'], 'id'), [4807, 4628]);
    assert.equal(((await ask('/users/1/orders?limit=100')).body['items'] as Json[]).length, 40);
  });

  test('a limit outside 1 to 100 is a 400', async () => {
    for (const limit of ['0', '101', 'all', '-1']) {
      const { status, body } = await ask(`/users/1/orders?limit=${limit}`);
      assert.equal(status, 400);
      const message = `"limit" must be a whole number from 1 to 100, but got: ${limit}`;
      assert.deepEqual(body, { error: { code: 'bad_query', message } });
    }
  });

  test('the orders of an unknown user are a 404', async () => {
    const { status, body } = await ask('/users/201/orders');
    assert.equal(status, 404);
    assert.deepEqual(body, { error: { code: 'not_found', message: 'There is no user 201.' } });
  });

  test('a new order has the next id and prices, and comes first in its list', async () => {
    const lines = [
      { product_id: 1, quantity: 2 },
      { product_id: '2', quantity: 1 },
    ];
    const { status, headers, body } = await ask('/orders', sends('POST', { customer_id: '7', lines }));
    assert.equal(status, 201);
    assert.equal(headers.get('location'), '/orders/5001');
    const made = body['lines'] as { product_id: number; quantity: number; unit_price: number }[];
    assert.deepEqual(keysOf(made, 'product_id'), [1, 2]);
    assert.equal(body['total_cents'], 2 * (made[0]?.unit_price ?? 0) + (made[1]?.unit_price ?? 0));
    assert.deepEqual([body['customer_id'], body['status']], [7, 'placed']);
    assert.deepEqual((await ask('/users/7/orders?limit=1')).body['items'], [body]);
  });

  test('an order that does not fit is a 422 which names its fields by path', async () => {
    const lines = [
      { product_id: 1, quantity: 0 },
      { product_id: 1, quantity: 1.5 },
      { product_id: 1001, quantity: 1001 },
    ];
    const { status, body } = await ask('/orders', sends('POST', { customer_id: 999, lines }));
    assert.equal(status, 422);
    assert.deepEqual(body, {
      error: {
        code: 'invalid',
        message: 'The order is not valid.',
        fields: {
          customer_id: 'is not a customer',
          'lines.0.quantity': 'must be above 0',
          'lines.1.product_id': 'is on another line',
          'lines.1.quantity': 'must be a whole number',
          'lines.2.product_id': 'is not a product',
          'lines.2.quantity': 'must not be above 1000',
        },
      },
    });
    const empty = await ask('/orders', sends('POST', { customer_id: 1, lines: [] }));
    assert.deepEqual((empty.body['error'] as Json)['fields'], { lines: 'must be 1 to 4' });
  });
});

describe('all demo upstreams', () => {
  test('two servers of one kind share nothing', async () => {
    const [one, other] = [await startUsers(), await startUsers()];
    await fetch(`${one.url}/users/1`, sends('PATCH', { full_name: 'Someone Else' }));
    const response = await fetch(`${other.url}/users/1`);
    assert.equal(((await response.json()) as Json)['full_name'], 'Ada Abel');
    assert.equal(other.requests.length, 1);
    await Promise.all([one.close(), other.close()]);
  });

  test('a server cuts open connections when it closes', { timeout: 5000 }, async () => {
    const server = await startReviews();
    const response = await fetch(server.url, {
      ...sends('POST', { query: 'subscription { reviewAdded { id } }' }),
      headers: { 'content-type': 'application/json', accept: 'text/event-stream' },
    });
    await Promise.all([server.close(), assert.rejects(response.text())]);
    await assert.rejects(fetch(server.url));
  });

  test('a port in use is an error', async () => {
    const server = await startOrders();
    await assert.rejects(startOrders({ port: Number(new URL(server.url).port) }), { code: 'EADDRINUSE' });
    await server.close();
  });

  test('run as a program, a server listens on PORT and prints its URL', async () => {
    const file = fileURLToPath(new URL('upstreams/users.server.ts', root));
    const child = spawn(process.execPath, [file], {
      env: { ...process.env, PORT: '0' },
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const [line] = (await once(createInterface(child.stdout), 'line')) as [string];
    const url = /^users listens at (http:\/\/127\.0\.0\.1:[0-9]+)$/.exec(line)?.[1] ?? '';
    assert.equal((await fetch(`${url}/users/1`)).status, 200);
    child.kill();
    await once(child, 'exit');
  });
});
