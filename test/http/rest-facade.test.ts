import assert from 'node:assert/strict';
import { afterEach, describe, test } from 'node:test';
import { parse } from 'graphql';
import type { ExecutionResult } from 'graphql';
import { GatewayError, reference, rest } from '../../src/index.ts';
import type { FieldContext } from '../../src/index.ts';
import { createLocalFacade } from '../../src/upstream/facade/local.ts';
import { createRestFacade } from '../../src/upstream/facade/rest/facade.ts';
import type { RestFacadeOptions } from '../../src/upstream/facade/rest/facade.ts';
import { createUpstream } from '../../src/upstream/pool.ts';
import { createRequestScope } from '../../src/upstream/scope.ts';
import type { Facade, RequestScope, Send } from '../../src/upstream/types.ts';
import { startFakeUpstream } from '../support/fake-upstream.ts';
import type { FakeCall, FakeHandler } from '../support/fake-upstream.ts';

const sdl = /* GraphQL */ `
  extend schema @link(url: "https://specs.apollo.dev/federation/v2.9", import: ["@key"])
  type User @key(fields: "id") {
    id: ID!
    name: String!
    age: Int
    status: Status
    tags: [String!]
    boss: User
    friends: [User]
    orders(limit: Int): [Order!]
    initials: String
    address: Address
    pet: Pet
  }
  enum Status { ACTIVE LOCKED }
  type Address { city: String! }
  type Order { id: ID! total: Int! }
  union Pet = Cat | Dog
  type Cat { lives: Int }
  type Dog { bark: String }
  type Team @key(fields: "id") { id: ID! name: String }
  type Dashboard @key(fields: "userId") { userId: ID! unread: Int }
  type Product @key(fields: "id", resolvable: false) { id: ID! }
  input UserInput { name: String age: Int address: AddressInput status: Status }
  input AddressInput { city: String }
  type Query {
    user(id: ID!): User
    userNow(id: ID!): User!
    users(status: Status, page: Int): [User!]
    team(id: ID!): Team
    product: Product
    broken: String
    cheap: Int
    viaCode(id: ID!): User
  }
  type Mutation {
    createUser(input: UserInput!): User
    updateUser(id: ID!, input: UserInput!): User
    deleteUser(id: ID!): Boolean
  }
`;

const users = rest('users');

const User = users.entity({
  key: 'id',
  one: users.get('/users/{id}'),
  many: users.get('/users', { query: { ids: '{keys}' }, items: 'items', by: 'user_id', max: 50 }),
  fields: {
    id: 'user_id',
    name: 'full_name',
    boss: reference({ id: 'boss_id' }),
    friends: reference({ id: 'friend_ids' }),
    orders: users.get('/users/{id}/orders', { query: { limit: '{limit}' } }),
    initials: (user: { readonly full_name: string }) => user.full_name.slice(0, 1),
    address: 'home.address',
  },
});

const Team = users.entity({ key: 'id', one: users.get('/teams/{id}', { at: 'data' }), fields: { name: 'title' } });

const declarations = {
  User,
  Team,
  Status: { ACTIVE: 'active', LOCKED: 'locked out' },
  UserInput: { name: 'full_name' },
  AddressInput: { city: 'town' },
  Dashboard: { unread: User.one({ id: 'userId' }).pick('counts.unread') },
  Query: {
    user: User.one(),
    userNow: User.one(),
    users: users.get('/users', { query: { status: '{status}', page: '{page}' }, items: 'items' }),
    team: Team.one(),
    product: users.get('/product'),
    broken: () => {
      throw new Error('secret');
    },
    cheap: users.get('/number'),
    viaCode: (_query: unknown, { id }: { readonly id: string }, context: FieldContext) =>
      context.call(users.get('/users/{id}'), { id }),
  },
  Mutation: {
    createUser: users.post('/users', { body: '{input}' }),
    updateUser: users.patch('/users/{id}', { body: '{input}' }),
    deleteUser: users.delete('/users/{id}'),
  },
};

const person = (id: string | number, more: object = {}) => ({ user_id: Number(id), full_name: `User ${id}`, ...more });

/** Users by id or ids; whatever else is asked, `more` answers. */
function usersApi(more: FakeHandler = () => ({ status: 404 })): FakeHandler {
  return (call) => {
    const url = new URL(call.path, 'http://users');
    const ids = url.searchParams.get('ids');
    if (url.pathname === '/users' && ids !== null) {
      return { json: { items: ids.split(',').flatMap((id) => (Number(id) < 900 ? [person(id)] : [])) } };
    }
    return more(call);
  };
}

const closing: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0)) await close();
});

interface Started {
  readonly facade: Facade;
  readonly calls: readonly FakeCall[];
  /** Method and address of every call so far. */
  readonly addresses: () => string[];
  readonly ask: (query: string, variables?: Readonly<Record<string, unknown>>, scope?: RequestScope) => Promise<ExecutionResult>;
}

const newScope = (): RequestScope =>
  createRequestScope({ headers: {}, signal: new AbortController().signal, responseHeaderRules: { 'x-cost': 'append' } });

interface StartOptions extends Partial<RestFacadeOptions['config']> {
  /** Counts the calls under way. */
  readonly flight?: { running: number; most: number };
}

async function start(handler: FakeHandler, { flight, ...options }: StartOptions = {}): Promise<Started> {
  const server = await startFakeUpstream(handler);
  const config = { name: 'users', errors: {}, concurrency: 10, ...options };
  const upstream = createUpstream(
    {
      ...{ kind: 'rest', file: 'users.yaml', targets: [], openapi: undefined, schema: undefined, headers: {} },
      ...{ connections: 64, maxResponseBytes: 1e6, pollMs: 0, ...config },
      timeouts: { connectMs: 2000, headersMs: 2000, bodyMs: 2000, totalMs: 4000 },
    },
    [server.url],
  );
  closing.push(upstream.close, server.close);
  const headers = () => ({ 'x-api-key': 'k' });
  const send: Send = async (request) => {
    if (!flight) return upstream.send(request);
    flight.running += 1;
    flight.most = Math.max(flight.most, flight.running);
    return upstream.send(request).finally(() => (flight.running -= 1));
  };
  const facade = createRestFacade({ config, sdl: parse(sdl), declarations, send, headers });
  return {
    facade,
    calls: server.requests,
    addresses: () => server.requests.map(({ method, path }) => `${method} ${path}`),
    ask: (query, variables = {}, scope = newScope()) => facade.execute({ document: parse(query), variables, scope }),
  };
}

/** `data` and errors as plain JSON, each error by path and code; fails when an error has no GatewayError behind it. */
function plain({ data, errors = [] }: ExecutionResult): unknown {
  const short = errors.map(({ path, originalError, extensions }) => {
    assert.ok(originalError instanceof GatewayError);
    return `${path?.join('.')}: ${String(extensions['code'])} of ${String(extensions['upstream'])}`;
  });
  return { data: JSON.parse(JSON.stringify(data ?? null)) as unknown, ...(short.length > 0 && { errors: short.toSorted() }) };
}

const logged = ({ errors = [] }: ExecutionResult) => errors.map(({ originalError }) => originalError?.message);

const entitiesOf = 'query ($of: [_Any!]!) { _entities(representations: $of) { ';
const usersOf = (...ids: (string | number)[]) => ({ of: ids.map((id) => ({ __typename: 'User', id })) });

describe('look-ups of entities', () => {
  test('50 at a time are one call', async () => {
    const { ask, addresses } = await start(usersApi());
    const ids = Array.from({ length: 50 }, (_, index) => index + 1);
    const { data } = await ask(`${entitiesOf} ... on User { id name } } }`, usersOf(...ids));
    assert.deepEqual(JSON.parse(JSON.stringify(data?.['_entities'])), ids.map((id) => ({ id: String(id), name: `User ${id}` })));
    assert.deepEqual(addresses(), [`GET /users?ids=${ids.join(',')}`]);
  });

  test('more than `max` are split, and equal keys are asked once', async () => {
    const { ask, addresses } = await start(usersApi());
    const ids = Array.from({ length: 120 }, (_, index) => index + 1);
    await ask(`${entitiesOf} ... on User { name } } }`, usersOf(...ids, 1, '1', 2));
    assert.deepEqual(addresses().map((address) => address.split(',').length), [50, 50, 20]);
  });

  test('a key without an entity is null, and costs the others nothing', async () => {
    const { ask } = await start(usersApi());
    assert.deepEqual(plain(await ask(`${entitiesOf} ... on User { name } } }`, usersOf(1, 999))), {
      data: { _entities: [{ name: 'User 1' }, null] },
    });
  });

  test('one alone uses the single look-up, whose 404 is null', async () => {
    const { ask, addresses } = await start(() => ({ status: 404 }));
    assert.deepEqual(plain(await ask('{ user(id: "9") { id name } }')), { data: { user: null } });
    assert.deepEqual(addresses(), ['GET /users/9']);
  });

  test('root fields, representations and picked values of one request share one batch', async () => {
    const { ask, addresses } = await start(usersApi());
    const of = [{ __typename: 'User', id: 2 }, { __typename: 'Dashboard', userId: 3 }];
    const query = 'query ($of: [_Any!]!) { a: user(id: 1) { name } _entities(representations: $of) { ... on User { name } ... on Dashboard { unread } } }';
    await ask(query, { of });
    assert.equal(addresses().length, 1);
    assert.deepEqual(new URL(addresses()[0]?.slice(4) ?? '', 'http://u').searchParams.get('ids')?.split(',').toSorted(), ['1', '2', '3']);
  });

  test('several documents of one request ask once for one entity, another request asks again', async () => {
    const { ask, addresses } = await start(() => ({ json: person(1) }));
    const scope = newScope();
    await ask('{ user(id: 1) { name } }', {}, scope);
    await ask('{ user(id: 1) { id name } }', {}, scope);
    assert.equal(addresses().length, 1);
    await ask('{ user(id: 1) { name } }');
    assert.equal(addresses().length, 2);
  });

  test('a representation that holds all that is asked makes no call', async () => {
    const { ask, addresses } = await start(usersApi());
    assert.deepEqual(plain(await ask(`${entitiesOf} __typename ... on User { id } } }`, usersOf(1, 2))), {
      data: { _entities: [{ __typename: 'User', id: '1' }, { __typename: 'User', id: '2' }] },
    });
    assert.deepEqual(addresses(), []);
  });

  test('a field filled by a call of its own needs no look-up of its parent', async () => {
    const { ask, addresses } = await start(() => ({ json: [{ id: 1, total: 5 }] }));
    const query = `${entitiesOf} ... on User { orders(limit: 2) { id total } } } }`;
    assert.deepEqual(plain(await ask(query, usersOf(7))), { data: { _entities: [{ orders: [{ id: '1', total: 5 }] }] } });
    assert.deepEqual(addresses(), ['GET /users/7/orders?limit=2']);
  });

  test('a failed batch fails each of its keys with the same error', async () => {
    const { ask } = await start(() => ({ status: 503 }));
    const answer = await ask(`${entitiesOf} ... on User { name } } }`, usersOf(1, 2));
    assert.deepEqual(plain(answer), {
      data: { _entities: [null, null] },
      errors: ['_entities.0: UPSTREAM_FAILED of users', '_entities.1: UPSTREAM_FAILED of users'],
    });
    assert.equal(answer.errors?.[0]?.originalError, answer.errors?.[1]?.originalError);
  });

  test('a batch look-up that is not there is an error, not a list of nulls', async () => {
    const { ask } = await start(() => ({ status: 404 }));
    const answer = await ask(`${entitiesOf} ... on User { name } } }`, usersOf(1, 2));
    assert.deepEqual(answer.errors?.map(({ extensions }) => extensions['code']), ['UPSTREAM_REJECTED', 'UPSTREAM_REJECTED']);
  });

  test('an item of a batch that does not tell its key is an unusable answer', async () => {
    const { ask } = await start(() => ({ json: { items: [{ full_name: 'x' }] } }));
    const answer = await ask(`${entitiesOf} ... on User { name } } }`, usersOf(1, 2));
    assert.match(logged(answer)[0] ?? '', /^users: GET \/users answered 200, but an item has no "user_id"/);
  });

  test('a key with a comma cannot ask a batch for other entities', async () => {
    const { ask, addresses } = await start(usersApi(() => ({ status: 404 })));
    await ask(`${entitiesOf} ... on User { name } } }`, usersOf('1,2', 3, 4));
    assert.deepEqual(addresses().toSorted(), ['GET /users/1%2C2', 'GET /users?ids=3,4']);
  });

  test('without a batch look-up run side by side, but not more than `concurrency` at once', async () => {
    const flight = { running: 0, most: 0 };
    const { ask, addresses } = await start(({ path }) => ({ json: { data: { id: path.slice(7), title: path } } }), {
      concurrency: 3,
      flight,
    });
    const of = Array.from({ length: 12 }, (_, index) => ({ __typename: 'Team', id: index % 10 }));
    const { data } = await ask(`${entitiesOf} ... on Team { name } } }`, { of });
    assert.equal((data?.['_entities'] as unknown[]).length, 12);
    assert.deepEqual([addresses().length, flight.most], [10, 3]);
  });

  test('a body without the entity inside is null', async () => {
    const { ask } = await start(() => ({ json: { data: null } }));
    assert.deepEqual(plain(await ask('{ team(id: 1) { name } }')), { data: { team: null } });
  });
});

describe('references', () => {
  test('are looked up together, and only where more than the key is asked', async () => {
    const { ask, addresses } = await start(
      usersApi(() => ({ json: { items: [person(1, { boss_id: 5, friend_ids: [6, null, 999] }), person(2, { boss_id: 5 })] } })),
    );
    assert.deepEqual(plain(await ask('{ users { boss { id } friends { name } } }')), {
      data: {
        users: [
          { boss: { id: '5' }, friends: [{ name: 'User 6' }, null, null] },
          { boss: { id: '5' }, friends: null },
        ],
      },
    });
    assert.deepEqual(addresses(), ['GET /users', 'GET /users?ids=6,999']);
  });

  test('by a key that is null are null', async () => {
    const { ask } = await start(() => ({ json: { items: [person(1, { boss_id: null })] } }));
    assert.deepEqual(plain(await ask('{ users { boss { name } } }')), { data: { users: [{ boss: null }] } });
  });
});

describe('answers', () => {
  test('come out by GraphQL names, by dotted paths, and enums by their GraphQL values both ways', async () => {
    const body = person(1, { status: 'locked out', home: { address: { city: 'Ulm' } }, pet: { __typename: 'Cat', lives: 9 } });
    const { ask, addresses } = await start(() => ({ json: { items: [body] } }));
    const query = '{ users(status: LOCKED) { id name status initials address { city } pet { __typename ... on Cat { lives } } } }';
    assert.deepEqual(plain(await ask(query)), {
      data: {
        users: [
          { id: '1', name: 'User 1', status: 'LOCKED', initials: 'U', address: { city: 'Ulm' }, pet: { __typename: 'Cat', lives: 9 } },
        ],
      },
    });
    assert.deepEqual(addresses(), ['GET /users?status=locked%20out']);
  });

  const unusable: readonly (readonly [promise: string, body: unknown, path: string, message: string])[] = [
    ['a missing required field', { user_id: 1 }, 'user.name', '"full_name" must be String! for User.name, and is missing'],
    ['a required field that is null', { full_name: null }, 'user.name', '"full_name" must be String! for User.name, and is null'],
    ['an object for a scalar', { full_name: {} }, 'user.name', '"full_name" must be String for User.name, and is an object'],
    ['a text for a number', { full_name: 'x', age: 'old' }, 'user.age', '"age" must be Int for User.age, and is a string'],
    ['an unknown enum value', { full_name: 'x', status: 'frozen' }, 'user.status', '"status" must be Status for User.status, and is "frozen"'],
    ['a text for a list', { full_name: 'x', tags: 'a' }, 'user.tags', '"tags" must be [String!] for User.tags, and is a string'],
    ['a hole in a list', { full_name: 'x', tags: ['a', null] }, 'user.tags.1', '"tags.1" must be String! for User.tags, and is null'],
    ['a text for an object', { full_name: 'x', home: { address: 'Ulm' } }, 'user.address', '"home.address" must be Address for User.address, and is a string'],
    ['a list for an entity', [], 'user', '"the body" must be User for Query.user, and is a list'],
  ];
  for (const [promise, body, path, message] of unusable) {
    test(`${promise} is an error with upstream, call, status and field`, async () => {
      const { ask } = await start(() => ({ json: body }));
      const answer = await ask('{ user(id: 1) { name age status tags address { city } } }');
      assert.deepEqual((plain(answer) as { errors: unknown }).errors, [`${path}: UPSTREAM_BAD_RESPONSE of users`]);
      assert.deepEqual(logged(answer), [`users: GET /users/1 answered 200, but ${message}`]);
    });
  }

  test('a list that is not there is an error', async () => {
    const { ask } = await start(() => ({ json: { users: [] } }));
    assert.deepEqual(logged(await ask('{ users { id } }')), ['users: GET /users answered 200, but "items" must be a list, but is missing']);
  });

  test('an object of a union whose type the body does not tell is an error', async () => {
    const { ask } = await start(() => ({ json: person(1, { pet: { lives: 9 } }) }));
    assert.deepEqual(plain(await ask('{ user(id: 1) { pet { __typename } } }')), {
      data: { user: { pet: null } },
      errors: ['user.pet: UPSTREAM_BAD_RESPONSE of users'],
    });
  });

  test('inherited properties are no data', async () => {
    const { ask } = await start(() => ({ body: '{"full_name":"x","__proto__":{"age":7}}', headers: { 'content-type': 'application/json' } }));
    assert.deepEqual(plain(await ask('{ user(id: 1) { age } }')), { data: { user: { age: null } } });
  });

  test('204 and empty bodies are null', async () => {
    const { ask } = await start(() => ({ status: 204 }));
    assert.deepEqual(plain(await ask('{ user(id: 1) { id } product { id } }')), { data: { user: null, product: null } });
  });

  test('404 and empty bodies are errors where a field must not be null', async () => {
    const { ask } = await start(({ path }) => ({ status: path.endsWith('1') ? 404 : 204 }));
    assert.deepEqual(plain(await ask('{ userNow(id: 1) { id } }')), { data: null, errors: ['userNow: NOT_FOUND of users'] });
    const empty = await ask('{ userNow(id: 2) { id } }');
    assert.deepEqual(logged(empty), ['users: GET /users/2 answered 204, but the body is empty, and Query.userNow must not be null']);
  });

  test('a body that is not JSON is an error', async () => {
    const { ask } = await start(() => ({ body: '<html>', headers: { 'content-type': 'text/html' } }));
    assert.deepEqual(plain(await ask('{ cheap user(id: 1) { id } }')), {
      data: { cheap: null, user: null },
      errors: ['cheap: UPSTREAM_BAD_RESPONSE of users', 'user: UPSTREAM_BAD_RESPONSE of users'],
    });
  });

  test('one failing field leaves the others unchanged', async () => {
    const { ask } = await start(({ path }) => (path === '/number' ? { status: 500 } : { json: person(1) }));
    assert.deepEqual(plain(await ask('{ cheap user(id: 1) { name } }')), {
      data: { cheap: null, user: { name: 'User 1' } },
      errors: ['cheap: UPSTREAM_FAILED of users'],
    });
  });

  test('an upstream that cannot be reached is an error of its fields', async () => {
    const { ask } = await start(({ response }) => void response.destroy());
    const answer = await ask('{ cheap }');
    assert.deepEqual([answer.data?.['cheap'], answer.errors?.[0]?.extensions['upstream']], [null, 'users']);
    assert.ok(answer.errors?.[0]?.originalError instanceof GatewayError);
  });
});

describe('calls', () => {
  test('carry the headers of the configuration, and bring response headers back', async () => {
    const { ask, calls } = await start(() => ({ json: person(1), headers: { 'x-cost': '3' } }));
    const scope = newScope();
    await ask('{ user(id: 1) { id name } }', {}, scope);
    assert.equal(calls[0]?.headers['x-api-key'], 'k');
    assert.match(JSON.stringify([...scope.responseHeaders.entries()]), /x-cost.*3/);
  });

  test('cannot leave their path by an argument', async () => {
    const { ask, addresses } = await start(() => ({ json: person(1) }));
    await ask('{ user(id: "../admin?x=1#y") { name } }');
    assert.deepEqual(addresses(), ['GET /users/..%2Fadmin%3Fx%3D1%23y']);
    assert.deepEqual(plain(await ask('{ a: viaCode(id: "..") { name } b: user(id: "") { name } }')), {
      data: { a: null, b: null },
      errors: ['a: BAD_USER_INPUT of users', 'b: BAD_USER_INPUT of users'],
    });
    assert.equal(addresses().length, 1);
  });

  test('equal GETs of one request are made once', async () => {
    const { ask, addresses } = await start(() => ({ json: { items: [] } }));
    await ask('{ a: users(page: 1) { id } b: users(page: 1) { id } c: users(page: 2) { id } }');
    assert.deepEqual(addresses().toSorted(), ['GET /users?page=1', 'GET /users?page=2']);
  });

  test('of a resolver function have their answers, and its own failure stays inside', async () => {
    const { ask } = await start(() => ({ json: person(1) }));
    const answer = await ask('{ viaCode(id: 1) { name } broken }');
    assert.deepEqual(plain(answer), {
      data: { viaCode: { name: 'User 1' }, broken: null },
      errors: ['broken: INTERNAL_ERROR of users'],
    });
    assert.doesNotMatch(answer.errors?.[0]?.message ?? '', /secret/);
  });
});

describe('mutations', () => {
  test('send inputs by the names of the upstream; what is left out stays out, null stays null', async () => {
    const { ask, calls } = await start(() => ({ status: 201, json: person(7) }));
    await ask('mutation { createUser(input: { name: "A", status: LOCKED, address: { city: "Ulm" } }) { id } }');
    await ask('mutation { updateUser(id: 7, input: { age: null, address: null }) { id } }');
    assert.deepEqual(calls.map(({ method, path, body }) => [method, path, JSON.parse(body) as unknown]), [
      ['POST', '/users', { full_name: 'A', status: 'locked out', address: { town: 'Ulm' } }],
      ['PATCH', '/users/7', { age: null, address: null }],
    ]);
    assert.equal(calls[0]?.headers['content-type'], 'application/json');
  });

  test('of what is not there are errors, not nulls', async () => {
    const { ask } = await start(() => ({ status: 404 }));
    assert.deepEqual(plain(await ask('mutation { updateUser(id: 7, input: {}) { id } }')), {
      data: { updateUser: null },
      errors: ['updateUser: NOT_FOUND of users'],
    });
  });

  test('with an empty answer are true where the field is Boolean', async () => {
    const { ask, addresses } = await start(() => ({ status: 204 }));
    assert.deepEqual(plain(await ask('mutation { deleteUser(id: 7) }')), { data: { deleteUser: true } });
    assert.deepEqual(addresses(), ['DELETE /users/7']);
  });

  test('make what was read before be read again', async () => {
    let name = 'old';
    const { ask } = await start(({ method }) => {
      if (method === 'PATCH') name = 'new';
      return { json: { user_id: 1, full_name: name } };
    });
    const scope = newScope();
    await ask('{ user(id: 1) { name } viaCode(id: 1) { name } }', {}, scope);
    await ask('mutation { updateUser(id: 1, input: { name: "new" }) { id } }', {}, scope);
    assert.deepEqual(plain(await ask('{ user(id: 1) { name } viaCode(id: 1) { name } }', {}, scope)), {
      data: { user: { name: 'new' }, viaCode: { name: 'new' } },
    });
  });

  test('show of the error body what the configuration allows', async () => {
    const json = { error: { code: 'invalid', message: 'No name.', fields: { name: 'missing' } } };
    const errors = { message: 'error.message', details: 'error.fields' };
    const { ask } = await start(() => ({ status: 422, json }), { errors });
    const { errors: [error] = [] } = await ask('mutation { createUser(input: {}) { id } }');
    assert.equal(error?.message, 'No name.');
    assert.deepEqual(error?.extensions, { code: 'UNPROCESSABLE', upstream: 'users', upstreamStatus: 422, details: { name: 'missing' } });
    const hidden = await start(() => ({ status: 422, json }));
    const { errors: [other] = [] } = await hidden.ask('mutation { createUser(input: {}) { id } }');
    assert.doesNotMatch(JSON.stringify(other), /No name|missing|invalid/);
  });
});

describe('the gateway itself as a facade', () => {
  const own = /* GraphQL */ `
    type Page @key(fields: "userId") { userId: ID! user: User top: [User!] name: String broken: Int! }
    type User @key(fields: "id", resolvable: false) { id: ID! }
    type Query { page(userId: ID!): Page }
  `;
  const pages = {
    Query: { page: (_query: unknown, { userId }: { readonly userId: string }) => ({ userId, userRef: userId }) },
    Page: {
      user: reference({ id: 'userId' }),
      top: async (_page: unknown, _args: unknown, context: FieldContext) => (await context.query('users', '{ users { id } }'))['users'],
      name: async (page: { readonly userId: string }, _args: unknown, context: FieldContext) => {
        const user = (await context.call(users.get('/users/{id}'), { id: page.userId })) as { readonly full_name: string } | null;
        return user?.full_name ?? null;
      },
    },
  };

  async function startOwn(handler: FakeHandler): Promise<Started> {
    const started = await start(handler);
    const facade = createLocalFacade({ sdl: parse(own), declarations: pages, upstreams: { users: started.facade } });
    return { ...started, facade, ask: (query, variables = {}, scope = newScope()) => facade.execute({ document: parse(query), variables, scope }) };
  }

  test('fills fields by functions that ask other upstreams, by references and by properties', async () => {
    const { ask } = await startOwn(({ path }) => ({ json: path === '/users' ? { items: [person(8)] } : person(1) }));
    assert.deepEqual(plain(await ask('{ page(userId: 1) { userId user { __typename id } top { id } name } }')), {
      data: { page: { userId: '1', user: { __typename: 'User', id: '1' }, top: [{ id: '8' }], name: 'User 1' } },
    });
  });

  test('knows its entities by their representations', async () => {
    const { ask } = await startOwn(() => ({ status: 404 }));
    const of = [{ __typename: 'Page', userId: 4 }, { __typename: 'Nothing' }];
    assert.deepEqual(plain(await ask(`${entitiesOf} ... on Page { userId name } } }`, { of })), {
      data: { _entities: [{ userId: '4', name: null }, null] },
      errors: ['_entities.1: INTERNAL_ERROR of gateway'],
    });
  });

  test('passes the errors of upstreams on, and calls its own internal', async () => {
    const { ask } = await startOwn(() => ({ status: 500 }));
    assert.deepEqual(plain(await ask('{ page(userId: 1) { top { id } name } }')), {
      data: { page: { top: null, name: null } },
      errors: ['page.name: UPSTREAM_FAILED of users', 'page.top: UPSTREAM_FAILED of users'],
    });
    assert.deepEqual(plain(await ask('{ page(userId: 1) { broken } }')), {
      data: { page: null },
      errors: ['page.broken: INTERNAL_ERROR of gateway'],
    });
  });

  test('refuses a call that stands in the wrong file', () => {
    const wrong = { Query: { page: users.get('/page') } };
    assert.throws(() => createLocalFacade({ sdl: parse(own), declarations: wrong, upstreams: {} }), /Query\.page: a call must stand in/);
  });
});
