import assert from 'node:assert/strict';
import { afterEach, describe, test } from 'node:test';
import {
  closeFacades,
  entitiesOf,
  logged,
  newScope,
  person,
  plain,
  startFacade,
  usersApi,
  usersOf,
} from '../support/rest-facade.ts';

afterEach(closeFacades);

describe('look-ups of entities', () => {
  test('50 at a time are one call', async () => {
    const { ask, addresses } = await startFacade(usersApi());
    const ids = Array.from({ length: 50 }, (_, index) => index + 1);
    const { data } = await ask(`${entitiesOf} ... on User { id name } } }`, usersOf(...ids));
    assert.deepEqual(
      JSON.parse(JSON.stringify(data?.['_entities'])),
      ids.map((id) => ({ id: String(id), name: `User ${id}` })),
    );
    assert.deepEqual(addresses(), [`GET /users?ids=${ids.join(',')}`]);
  });

  test('more than `max` are split, and equal keys are asked once', async () => {
    const { ask, addresses } = await startFacade(usersApi());
    const ids = Array.from({ length: 120 }, (_, index) => index + 1);
    await ask(`${entitiesOf} ... on User { name } } }`, usersOf(...ids, 1, '1', 2));
    assert.deepEqual(
      addresses().map((address) => address.split(',').length),
      [50, 50, 20],
    );
  });

  test('a key without an entity is null, and costs the others nothing', async () => {
    const { ask } = await startFacade(usersApi());
    assert.deepEqual(plain(await ask(`${entitiesOf} ... on User { name } } }`, usersOf(1, 999))), {
      data: { _entities: [{ name: 'User 1' }, null] },
    });
  });

  test('one alone uses the single look-up, whose 404 is null', async () => {
    const { ask, addresses } = await startFacade(() => ({ status: 404 }));
    assert.deepEqual(plain(await ask('{ user(id: "9") { id name } }')), { data: { user: null } });
    assert.deepEqual(addresses(), ['GET /users/9']);
  });

  test('root fields, representations and picked values of one request share one batch', async () => {
    const { ask, addresses } = await startFacade(usersApi());
    const of = [
      { __typename: 'User', id: 2 },
      { __typename: 'Dashboard', userId: 3 },
    ];
    const query =
      'query ($of: [_Any!]!) { a: user(id: 1) { name } _entities(representations: $of) { ... on User { name } ... on Dashboard { unread } } }';
    await ask(query, { of });
    assert.equal(addresses().length, 1);
    assert.deepEqual(
      new URL(addresses()[0]?.slice(4) ?? '', 'http://u').searchParams.get('ids')?.split(',').toSorted(),
      ['1', '2', '3'],
    );
  });

  test('several documents of one request ask once for one entity, another request asks again', async () => {
    const { ask, addresses } = await startFacade(() => ({ json: person(1) }));
    const scope = newScope();
    await ask('{ user(id: 1) { name } }', {}, scope);
    await ask('{ user(id: 1) { id name } }', {}, scope);
    assert.equal(addresses().length, 1);
    await ask('{ user(id: 1) { name } }');
    assert.equal(addresses().length, 2);
  });

  test('a representation that holds all that is asked makes no call', async () => {
    const { ask, addresses } = await startFacade(usersApi());
    assert.deepEqual(plain(await ask(`${entitiesOf} __typename ... on User { id } } }`, usersOf(1, 2))), {
      data: {
        _entities: [
          { __typename: 'User', id: '1' },
          { __typename: 'User', id: '2' },
        ],
      },
    });
    assert.deepEqual(addresses(), []);
  });

  test('a field filled by a call of its own needs no look-up of its parent', async () => {
    const { ask, addresses } = await startFacade(() => ({ json: [{ id: 1, total: 5 }] }));
    const query = `${entitiesOf} ... on User { orders(limit: 2) { id total } } } }`;
    assert.deepEqual(plain(await ask(query, usersOf(7))), {
      data: { _entities: [{ orders: [{ id: '1', total: 5 }] }] },
    });
    assert.deepEqual(addresses(), ['GET /users/7/orders?limit=2']);
  });

  test('a failed batch fails each of its keys with the same error', async () => {
    const { ask } = await startFacade(() => ({ status: 503 }));
    const answer = await ask(`${entitiesOf} ... on User { name } } }`, usersOf(1, 2));
    assert.deepEqual(plain(answer), {
      data: { _entities: [null, null] },
      errors: ['_entities.0: UPSTREAM_FAILED of users', '_entities.1: UPSTREAM_FAILED of users'],
    });
    assert.equal(answer.errors?.[0]?.originalError, answer.errors?.[1]?.originalError);
  });

  test('a batch look-up that is not there is an error, not a list of nulls', async () => {
    const { ask } = await startFacade(() => ({ status: 404 }));
    const answer = await ask(`${entitiesOf} ... on User { name } } }`, usersOf(1, 2));
    assert.deepEqual(
      answer.errors?.map(({ extensions }) => extensions['code']),
      ['UPSTREAM_REJECTED', 'UPSTREAM_REJECTED'],
    );
  });

  test('an item of a batch that does not tell its key is an unusable answer', async () => {
    const { ask } = await startFacade(() => ({ json: { items: [{ full_name: 'x' }] } }));
    const answer = await ask(`${entitiesOf} ... on User { name } } }`, usersOf(1, 2));
    assert.match(logged(answer)[0] ?? '', /^users: GET \/users answered 200, but an item has no "user_id"/);
  });

  test('a key with a comma cannot ask a batch for other entities', async () => {
    const { ask, addresses } = await startFacade(usersApi(() => ({ status: 404 })));
    await ask(`${entitiesOf} ... on User { name } } }`, usersOf('1,2', 3, 4));
    assert.deepEqual(addresses().toSorted(), ['GET /users/1%2C2', 'GET /users?ids=3,4']);
  });

  test('without a batch look-up run side by side, but not more than `concurrency` at once', async () => {
    const flight = { running: 0, most: 0 };
    const { ask, addresses } = await startFacade(
      ({ path }) => ({ json: { data: { id: path.slice(7), title: path } } }),
      {
        concurrency: 3,
        flight,
      },
    );
    const of = Array.from({ length: 12 }, (_, index) => ({ __typename: 'Team', id: index % 10 }));
    const { data } = await ask(`${entitiesOf} ... on Team { name } } }`, { of });
    const found = data?.['_entities'];
    assert.deepEqual([Array.isArray(found) && found.length, addresses().length, flight.most], [12, 10, 3]);
  });

  test('a body without the entity inside is null', async () => {
    const { ask } = await startFacade(() => ({ json: { data: null } }));
    assert.deepEqual(plain(await ask('{ team(id: 1) { name } }')), { data: { team: null } });
  });
});

describe('references', () => {
  test('are looked up together, and only where more than the key is asked', async () => {
    const { ask, addresses } = await startFacade(
      usersApi(() => ({
        json: { items: [person(1, { boss_id: 5, friend_ids: [6, null, 999] }), person(2, { boss_id: 5 })] },
      })),
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
    const { ask } = await startFacade(() => ({ json: { items: [person(1, { boss_id: null })] } }));
    assert.deepEqual(plain(await ask('{ users { boss { name } } }')), { data: { users: [{ boss: null }] } });
  });
});

describe('calls', () => {
  test('carry the headers of the configuration, and bring response headers back', async () => {
    const { ask, calls } = await startFacade(() => ({ json: person(1), headers: { 'x-cost': '3' } }));
    const scope = newScope();
    await ask('{ user(id: 1) { id name } }', {}, scope);
    assert.equal(calls[0]?.headers['x-api-key'], 'k');
    assert.match(JSON.stringify([...scope.responseHeaders.entries()]), /x-cost.*3/);
  });

  test('cannot leave their path by an argument', async () => {
    const { ask, addresses } = await startFacade(() => ({ json: person(1) }));
    await ask('{ user(id: "../admin?x=1#y") { name } }');
    assert.deepEqual(addresses(), ['GET /users/..%2Fadmin%3Fx%3D1%23y']);
    assert.deepEqual(plain(await ask('{ a: viaCode(id: "..") { name } b: user(id: "") { name } }')), {
      data: { a: null, b: null },
      errors: ['a: BAD_USER_INPUT of users', 'b: BAD_USER_INPUT of users'],
    });
    assert.equal(addresses().length, 1);
  });

  test('equal GETs of one request are made once', async () => {
    const { ask, addresses } = await startFacade(() => ({ json: { items: [] } }));
    await ask('{ a: users(page: 1) { id } b: users(page: 1) { id } c: users(page: 2) { id } }');
    assert.deepEqual(addresses().toSorted(), ['GET /users?page=1', 'GET /users?page=2']);
  });

  test('of a resolver function have their answers, and its own failure stays inside', async () => {
    const { ask } = await startFacade(() => ({ json: person(1) }));
    const answer = await ask('{ viaCode(id: 1) { name } broken }');
    assert.deepEqual(plain(answer), {
      data: { viaCode: { name: 'User 1' }, broken: null },
      errors: ['broken: INTERNAL_ERROR of users'],
    });
    assert.doesNotMatch(answer.errors?.[0]?.message ?? '', /secret/);
  });
});
