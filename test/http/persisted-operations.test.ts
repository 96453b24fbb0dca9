import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { hash } from 'node:crypto';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { send, startGuarded, type Answer, type GuardedGateway, type SetUp } from '../support/guarded-gateway.ts';
import { startRedis } from '../support/redis.ts';
import { asCaller, jwtFiles, jwtProvider } from '../support/shop-tokens.ts';
import type { Json } from '../support/start-gateway.ts';
import { until } from '../support/until.ts';

/** Documents by id and hash, through whole gateways. */

const name = 'query Name($id: ID = "1") { person(id: $id) { name } }';
const id = 'name-1';
const manifest = {
  format: 'apollo-persisted-query-manifest',
  version: 1,
  operations: [{ id, name: 'Name', type: 'query', body: name }],
};
const other = '{ person(id: "1") { shoeSize } }';

function files(): NonNullable<SetUp['files']> {
  return { ...jwtFiles, 'manifest.json': JSON.stringify(manifest) };
}

async function startTrusted(t: TestContext, trusted: Json, gateway: Json = {}): Promise<GuardedGateway> {
  const persisted = { trusted: { manifests: ['./manifest.json'], ...trusted } };
  return startGuarded(t, {
    gateway: { identity: { providers: [jwtProvider], anonymous: true }, graphql: { persisted }, ...gateway },
    files: files(),
  });
}

async function post(
  { url }: GuardedGateway,
  body: Json,
  headers: Readonly<Record<string, string>> = {},
  path = '',
): Promise<Answer> {
  return send(`${url}/graphql${path}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', accept: 'application/graphql-response+json', ...headers },
    body: JSON.stringify(body),
  });
}

async function get({ url }: GuardedGateway, rest: string): Promise<Answer> {
  return send(`${url}/graphql${rest}`, { headers: { accept: 'application/graphql-response+json' } });
}

function dataOf({ text }: Answer): unknown {
  return (JSON.parse(text) as Json)['data'];
}

const ann = { person: { name: 'Ann' } };

test('a trusted document is served by its id: in the body, in the query string and in the path', async (t) => {
  const gateway = await startTrusted(t, { mode: 'enforce' });
  for (const round of ['new', 'known']) {
    assert.deepEqual(dataOf(await post(gateway, { documentId: id })), ann, round);
    assert.deepEqual(dataOf(await post(gateway, {}, {}, `/${id}`)), ann, round);
    assert.deepEqual(dataOf(await get(gateway, `?documentId=${id}`)), ann, round);
    assert.deepEqual(dataOf(await get(gateway, `/${id}`)), ann, round);
    const variables = encodeURIComponent('{"id":"2"}');
    assert.deepEqual(dataOf(await get(gateway, `/${id}?variables=${variables}`)), { person: null }, round);
  }
});

test('where only trusted documents are served, no other is, whoever wrote it and however', async (t) => {
  const gateway = await startTrusted(t, { mode: 'enforce' });
  gateway.takeCalls();
  for (const round of ['first', 'second']) {
    const refused = await post(gateway, { query: other });
    assert.deepEqual([refused.status, refused.code], [403, 'OPERATION_NOT_TRUSTED'], round);
    assert.equal((await get(gateway, `?query=${encodeURIComponent(other)}`)).code, 'OPERATION_NOT_TRUSTED', round);
    const unknown = await post(gateway, { documentId: 'nobody' });
    assert.deepEqual([unknown.status, unknown.code], [404, 'PERSISTED_QUERY_NOT_FOUND'], round);
    assert.equal(
      (await post(gateway, { query: '{ __schema { types { name } } }' })).code,
      'OPERATION_NOT_TRUSTED',
      round,
    );
  }
  assert.equal(gateway.takeCalls().people.length, 0);
  assert.deepEqual(dataOf(await post(gateway, { query: name.replaceAll(' ', '\n  ') })), ann);
});

test('named callers may send any document', async (t) => {
  const gateway = await startTrusted(t, { mode: 'enforce', bypass: { roles: ['staff'] } });
  const staff = await asCaller({ roles: ['staff'] });
  assert.deepEqual(dataOf(await post(gateway, { query: other }, staff)), { person: { shoeSize: 42 } });
  assert.equal((await post(gateway, { query: other }, await asCaller())).code, 'OPERATION_NOT_TRUSTED');
  assert.equal((await post(gateway, { query: other })).code, 'OPERATION_NOT_TRUSTED');
});

test('unknown documents are served where they are only told', async (t) => {
  const gateway = await startTrusted(t, { mode: 'log' });
  assert.deepEqual(dataOf(await post(gateway, { query: other })), { person: { shoeSize: 42 } });
});

test('a manifest that changes counts without a restart, and a bad one does not', async (t) => {
  const gateway = await startTrusted(t, { mode: 'enforce' });
  const file = join(gateway.dir, 'manifest.json');
  await writeFile(file, JSON.stringify({ [id]: name, shoes: other }));
  await until(async () => (await post(gateway, { documentId: 'shoes' })).status === 200);
  await writeFile(file, '{ "broken": ');
  assert.deepEqual(dataOf(await post(gateway, { documentId: 'shoes' })), { person: { shoeSize: 42 } });
});

test('a document that Apollo clients register on one instance is known to another', async (t) => {
  const redis = await startRedis();
  t.after(redis.close);
  const set = { gateway: { graphql: { persisted: { automatic: true } }, redis: { url: redis.url } } };
  const [one, two] = [await startGuarded(t, set), await startGuarded(t, set)];
  const extensions = { persistedQuery: { version: 1, sha256Hash: hash('sha256', name, 'hex') } };
  const unknown = await post(one, { extensions });
  assert.deepEqual(
    [unknown.status, unknown.code, unknown.message],
    [404, 'PERSISTED_QUERY_NOT_FOUND', 'PersistedQueryNotFound'],
  );
  assert.deepEqual(dataOf(await post(one, { extensions, query: name })), ann);
  await until(async () => (await post(two, { extensions })).status === 200);
  const asked = encodeURIComponent(JSON.stringify(extensions));
  assert.deepEqual(dataOf(await get(two, `?extensions=${asked}`)), ann);
  const wrong = { persistedQuery: { version: 1, sha256Hash: 'a'.repeat(64) } };
  assert.equal((await post(one, { extensions: wrong, query: name })).code, 'PERSISTED_QUERY_MISMATCH');
  await redis.stop();
  assert.deepEqual(dataOf(await post(two, { extensions })), ann, 'what an instance knows needs no Redis');
});

test('without persisted operations a hash is not supported, and its text is served', async (t) => {
  const gateway = await startGuarded(t);
  const extensions = { persistedQuery: { version: 1, sha256Hash: hash('sha256', name, 'hex') } };
  assert.equal((await post(gateway, { extensions })).code, 'PERSISTED_QUERY_NOT_SUPPORTED');
  assert.deepEqual(dataOf(await post(gateway, { extensions, query: name })), ann);
  assert.equal((await get(gateway, `/${id}`)).status, 404);
});

test('a REST route below the GraphQL path is not hidden by ids', async (t) => {
  const routes = [{ path: '/graphql/people', upstream: 'people', stripPrefix: '/graphql' }];
  const gateway = await startTrusted(t, { mode: 'enforce' }, { routes });
  assert.deepEqual(dataOf(await get(gateway, `/${id}`)), ann);
  assert.equal((JSON.parse((await get(gateway, '/people/1')).text) as Json)['name'], 'Ann');
});

test('a REST route around the GraphQL path hides no document', async (t) => {
  const graphql = { path: '/api/graphql', persisted: { trusted: { mode: 'enforce', manifests: ['./manifest.json'] } } };
  const gateway = await startGuarded(t, { gateway: { graphql }, files: files() });
  const answer = await send(`${gateway.url}/api/graphql/${id}`);
  assert.deepEqual(dataOf(answer), ann);
  assert.equal((JSON.parse((await send(`${gateway.url}/api/people/1`)).text) as Json)['name'], 'Ann');
});

test('who asks by id passes the same limits and guards', async (t) => {
  const rates = [{ operations: ['Name'], max: 1, window: '1h' }];
  const gateway = await startTrusted(t, { mode: 'enforce' }, { limits: { rates } });
  assert.equal((await get(gateway, `/${id}`)).status, 200);
  assert.equal((await get(gateway, `/${id}`)).status, 429);
  assert.equal((await post(gateway, { documentId: id })).status, 429);
});
