import assert from 'node:assert/strict';
import { readFile, writeFile } from 'node:fs/promises';
import { test, type TestContext } from 'node:test';
import type { FakeHandler } from '../support/fake-upstream.ts';
import { send, startGuarded, type Answer, type GuardedGateway, type SetUp } from '../support/guarded-gateway.ts';
import { startRedis } from '../support/redis.ts';
import { weft } from '../support/run-weft.ts';
import { asCaller, jwtFiles, jwtProvider } from '../support/shop-tokens.ts';
import type { Json } from '../support/start-gateway.ts';
import { until } from '../support/until.ts';

/** Caching through whole gateways: answers of operations and of routes, calls and entities inside operations, purges. */

const known: Json = { identity: { providers: [jwtProvider], anonymous: true } };

const peopleSdl = /* GraphQL */ `
  type Person @key(fields: "id") @cacheControl(maxAge: 600) {
    id: ID!
    name: String!
    email: String @cacheControl(scope: PRIVATE)
    mood: String @authenticated
  }
  type Query {
    person(id: ID!): Person
    people: [Person!] @cacheTag(format: "everyone")
    now: Int
  }
  type Mutation {
    rename(id: ID!, name: String!): Person
  }
`;

const peopleResolvers = `
import { rest } from 'weft';

const people = rest('people');

export const Person = people.entity({ key: 'id', one: people.get('/people/{id}') });

export const Query = {
  person: Person.one(),
  people: people.get('/people', { items: 'items' }),
  now: people.get('/now', { at: 'now' }),
};

export const Mutation = { rename: people.patch('/people/{id}', { body: { name: '{name}' } }) };
`;

/** Counts its calls, and forgets no name. */
function namedPeople(cacheControl?: string): FakeHandler {
  const names: Record<string, string> = { 1: 'Ann', 2: 'Bob' };
  const person = (id: string): Json => ({ id, name: names[id], email: `${id}@a.example`, mood: 'GLAD' });
  return ({ method, path, body }) => {
    const headers = cacheControl === undefined ? {} : { 'cache-control': cacheControl };
    const [, id] = /^\/people\/(\d)$/.exec(path) ?? [];
    if (id === undefined) return { headers, json: { items: [person('1'), person('2')], now: 7 } };
    if (method === 'PATCH') names[id] = (JSON.parse(body) as { readonly name: string }).name;
    return { headers, json: person(id) };
  };
}

async function startCaching(t: TestContext, gateway: Json, setUp: SetUp = {}): Promise<GuardedGateway> {
  return startGuarded(t, {
    answer: namedPeople(),
    ...setUp,
    gateway: { ...known, ...gateway },
    files: { ...jwtFiles, 'schema/people.graphql': peopleSdl, 'resolvers/people.ts': peopleResolvers, ...setUp.files },
  });
}

const asked = { 'content-type': 'application/json', 'weft-cache': 'true' };

async function ask(
  { url }: GuardedGateway,
  query: string,
  headers: Readonly<Record<string, string>> = {},
): Promise<Answer> {
  return send(`${url}/graphql`, { method: 'POST', headers: { ...asked, ...headers }, body: JSON.stringify({ query }) });
}

function dataOf({ text }: Answer): Json {
  return (JSON.parse(text) as { readonly data: Json }).data;
}

const graphql = { cache: { graphql: true, show: true } };
const ann = '{ person(id: "1") { name } }';

test('an answer that has hints is made once, however its document is written', async (t) => {
  const gateway = await startCaching(t, graphql);
  gateway.takeCalls();
  assert.equal((await ask(gateway, ann)).headers['x-cache'], 'miss');
  for (const query of [ann, ann, '{ person(id: "1") {\n name\n} }', 'query { person(id:"1"){name} }']) {
    const answer = await ask(gateway, query);
    assert.deepEqual([answer.headers['x-cache'], dataOf(answer)], ['hit', { person: { name: 'Ann' } }], query);
  }
  assert.equal(gateway.takeCalls().people.length, 1);
  assert.match((await ask(gateway, ann)).headers['cache-control'] ?? '', /max-age=\d+/);
});

test('what has no hint is never kept', async (t) => {
  const gateway = await startCaching(t, graphql);
  gateway.takeCalls();
  for (const round of [1, 2]) assert.deepEqual(dataOf(await ask(gateway, '{ now }')), { now: 7 }, String(round));
  for (const round of [1, 2]) assert.ok(dataOf(await ask(gateway, '{ now person(id: "1") { name } }')), String(round));
  assert.equal(gateway.takeCalls().people.length, 2 + 4);
});

test('a private answer is for its caller alone, and kept for nobody who is not known', async (t) => {
  const gateway = await startCaching(t, graphql);
  const email = '{ person(id: "1") { e: email } }';
  const [alice, bob] = [await asCaller({ sub: 'alice' }), await asCaller({ sub: 'bob' })];
  assert.equal((await ask(gateway, email, alice)).headers['x-cache'], 'miss');
  const again = await ask(gateway, email, alice);
  assert.deepEqual([again.headers['x-cache'], /private/.test(again.headers['cache-control'] ?? '')], ['hit', true]);
  assert.equal((await ask(gateway, email, bob)).headers['x-cache'], 'miss');
  for (const round of [1, 2]) assert.notEqual((await ask(gateway, email)).headers['x-cache'], 'hit', String(round));
});

test('what is masked for one is not masked for another', async (t) => {
  const gateway = await startCaching(t, graphql);
  const mood = '{ person(id: "1") { mood name } }';
  const alice = await asCaller({ sub: 'alice' });
  for (const round of [1, 2]) {
    assert.deepEqual(dataOf(await ask(gateway, mood, alice)), { person: { mood: 'GLAD', name: 'Ann' } }, String(round));
    assert.deepEqual(dataOf(await ask(gateway, mood)), { person: { mood: null, name: 'Ann' } }, String(round));
  }
});

test('a change is read at once by whoever asks next', async (t) => {
  const gateway = await startCaching(t, graphql);
  await ask(gateway, ann);
  const people = '{ people { name } }';
  await ask(gateway, people);
  const renamed = await ask(gateway, 'mutation { rename(id: "1", name: "Eve") { id name } }');
  assert.deepEqual(dataOf(renamed), { rename: { id: '1', name: 'Eve' } });
  assert.deepEqual(dataOf(await ask(gateway, ann)), { person: { name: 'Eve' } });
  assert.deepEqual(dataOf(await ask(gateway, people)), { people: [{ name: 'Eve' }, { name: 'Bob' }] });
});

test('limits and guards are passed before anything that is kept is given', async (t) => {
  const limits = { rates: [{ per: 'caller', max: 2, window: '1h' }] };
  const gateway = await startCaching(t, { ...graphql, limits });
  assert.equal((await ask(gateway, ann)).status, 200);
  assert.equal((await ask(gateway, ann)).headers['x-cache'], 'hit');
  assert.equal((await ask(gateway, ann)).status, 429);
});

test('an answer by GET has a tag, and one that is still the same is not sent again', async (t) => {
  const gateway = await startCaching(t, graphql);
  const url = `${gateway.url}/graphql?query=${encodeURIComponent(ann)}`;
  const { etag = '' } = (await send(url)).headers;
  assert.match(etag, /^"[^"]+"$/);
  const same = await send(url, { headers: { 'if-none-match': etag } });
  assert.deepEqual([same.status, same.text, same.headers.etag], [304, '', etag]);
  assert.equal((await send(url, { headers: { 'if-none-match': '"other"' } })).status, 200);
});

test('two hundred that miss at once make one call', async (t) => {
  const held = Promise.withResolvers<void>();
  const answer = namedPeople();
  const gateway = await startCaching(t, graphql, {
    answer: async (call) => held.promise.then(() => answer(call)),
  });
  const all = Array.from({ length: 200 }, async () => ask(gateway, ann));
  await until(() => gateway.takeCalls().people.length === 1);
  held.resolve();
  for (const each of await Promise.all(all)) assert.deepEqual(dataOf(each), { person: { name: 'Ann' } });
  assert.equal(gateway.takeCalls().people.length, 0);
});

test('a change through a route that keeps nothing is read at once by whoever asks another route', async (t) => {
  const routes = [{ path: '/kept', upstream: 'people', stripPrefix: '/kept', cache: true }];
  const gateway = await startCaching(t, { routes }, { answer: namedPeople('max-age=600') });
  const nameOf = async (): Promise<unknown> => {
    const { text } = await send(`${gateway.url}/kept/people/1`, { headers: {} });
    return (JSON.parse(text) as Json)['name'];
  };
  assert.deepEqual([await nameOf(), await nameOf()], ['Ann', 'Ann']);
  assert.equal(gateway.takeCalls().people.length, 1);
  const renamed = await send(`${gateway.url}/open/people/1`, {
    method: 'PATCH',
    headers: { 'content-type': 'application/json' },
    body: '{"name":"Eve"}',
  });
  assert.equal(renamed.status, 200);
  assert.equal(await nameOf(), 'Eve');
});

test('a route keeps what its upstream lets a shared cache keep', async (t) => {
  const routes = [{ path: '/kept', upstream: 'people', stripPrefix: '/kept', cache: true }];
  const gateway = await startCaching(t, { routes, cache: { show: true } }, { answer: namedPeople('max-age=600') });
  gateway.takeCalls();
  const get = async (headers: Readonly<Record<string, string>> = {}) =>
    send(`${gateway.url}/kept/people/1`, { headers: { 'weft-cache': 'true', ...headers } });
  const [first, second] = [await get(), await get()];
  assert.deepEqual([first.headers['x-cache'], second.headers['x-cache']], ['miss', 'hit']);
  assert.equal(second.text, first.text);
  assert.match(String(second.headers['age']), /^\d+$/);
  assert.equal(gateway.takeCalls().people.length, 1);
  await send(`${gateway.url}/api/people/1`);
  assert.equal(gateway.takeCalls().people.length, 1, 'another route keeps nothing');
  const changed = await send(`${gateway.url}/kept/people/1`, { method: 'PATCH', body: '{"name":"Eve"}' });
  assert.equal(changed.status, 200);
  assert.equal((JSON.parse((await get()).text) as Json)['name'], 'Eve');
});

test('the calls of operations are kept as their answers say, where the upstream says so', async (t) => {
  const gateway = await startCaching(
    t,
    {},
    { answer: namedPeople('max-age=600'), upstreams: { people: 'cache: true' } },
  );
  gateway.takeCalls();
  for (const query of [ann, ann, '{ person(id: "1") { email } }']) assert.ok(dataOf(await ask(gateway, query)), query);
  assert.equal(gateway.takeCalls().people.length, 1);
});

test('instances share what is kept, and hear of what is no longer good', async (t) => {
  const redis = await startRedis();
  t.after(redis.close);
  const gateway = { ...graphql, redis: { url: redis.url } };
  const answer = namedPeople();
  const [one, two] = [await startCaching(t, gateway, { answer }), await startCaching(t, gateway, { answer })];
  await ask(one, ann);
  await until(async () => (await ask(two, ann)).headers['x-cache'] === 'hit');
  await ask(two, 'mutation { rename(id: "1", name: "Eve") { id } }');
  await until(async () => (dataOf(await ask(one, ann))['person'] as Json)['name'] === 'Eve');
  await ask(one, '{ people { name } }');
  const purged = await weft(t, ['cache', 'purge', '--dir', one.dir, '--tag', 'everyone']);
  assert.equal(purged.code, 0, purged.stderr);
  await until(async () => (await ask(one, '{ people { name } }')).headers['x-cache'] === 'miss');
});

test('without Redis, or with one that hangs, everything is answered', async (t) => {
  const redis = await startRedis();
  t.after(redis.close);
  const gateway = await startCaching(t, { ...graphql, redis: { url: redis.url } });
  await ask(gateway, ann);
  redis.pause();
  for (const query of [ann, '{ person(id: "2") { name } }']) assert.ok(dataOf(await ask(gateway, query)), query);
  redis.resume();
  await redis.stop();
  for (const query of [ann, '{ people { name } }']) assert.ok(dataOf(await ask(gateway, query)), query);
});

test('a hint for a place that there is not stops the start, and the check, by its name', async (t) => {
  const { dir } = await startCaching(t, {});
  const file = `${dir}/gateway.yaml`;
  await writeFile(
    file,
    `${await readFile(file, 'utf8')}\ncache: { graphql: { fields: { Query.peopel: { maxAge: 1s } } } }\n`,
  );
  for (const command of ['check', 'start']) {
    const { code, stderr } = await weft(t, [command, '--dir', dir]);
    assert.equal(code, 1, command);
    assert.match(stderr, /"Query\.peopel".+"Query\.people"/, command);
  }
});

test('entities of a type are kept one by one, and a change of one is read at once', async (t) => {
  const files = { 'schema/people.graphql': peopleSdl.replace(' @cacheControl(maxAge: 600)', '') };
  const gateway = await startCaching(t, { cache: { entities: { Person: { maxAge: '10m' } } } }, { files });
  const karma = '{ person(id: "1") { name karma } }';
  const calls = async (query: string): Promise<number> => {
    gateway.takeCalls();
    assert.equal((JSON.parse((await ask(gateway, query)).text) as Json)['errors'], undefined, query);
    return gateway.takeCalls().scores.length;
  };
  assert.deepEqual([await calls(karma), await calls(karma)], [1, 0]);
  assert.equal(await calls('{ people { name karma } }'), 1, 'only the one that is missing is asked for');
  await ask(gateway, 'mutation { rename(id: "1", name: "Eve") { id } }');
  assert.deepEqual([await calls(karma), await calls('{ person(id: "2") { karma } }')], [1, 0]);
});
