import assert from 'node:assert/strict';
import { afterEach, describe, test } from 'node:test';
import { GatewayError } from '../../src/index.ts';
import { closeFacades, logged, newScope, person, plain, startFacade } from '../support/rest-facade.ts';

afterEach(closeFacades);

describe('answers', () => {
  test('come out by GraphQL names, by dotted paths, and enums by their GraphQL values both ways', async () => {
    const body = person(1, {
      status: 'locked out',
      home: { address: { city: 'Ulm' } },
      pet: { __typename: 'Cat', lives: 9 },
    });
    const { ask, addresses } = await startFacade(() => ({ json: { items: [body] } }));
    const query =
      '{ users(status: LOCKED) { id name status initials address { city } pet { __typename ... on Cat { lives } } } }';
    assert.deepEqual(plain(await ask(query)), {
      data: {
        users: [
          {
            id: '1',
            name: 'User 1',
            status: 'LOCKED',
            initials: 'U',
            address: { city: 'Ulm' },
            pet: { __typename: 'Cat', lives: 9 },
          },
        ],
      },
    });
    assert.deepEqual(addresses(), ['GET /users?status=locked%20out']);
  });

  const unusable: readonly (readonly [promise: string, body: unknown, path: string, message: string])[] = [
    [
      'a missing required field',
      { user_id: 1 },
      'user.name',
      '"full_name" must be String! for User.name, and is missing',
    ],
    [
      'a required field that is null',
      { full_name: null },
      'user.name',
      '"full_name" must be String! for User.name, and is null',
    ],
    [
      'an object for a scalar',
      { full_name: {} },
      'user.name',
      '"full_name" must be String for User.name, and is an object',
    ],
    [
      'a text for a number',
      { full_name: 'x', age: 'old' },
      'user.age',
      '"age" must be Int for User.age, and is a string',
    ],
    [
      'an unknown enum value',
      { full_name: 'x', status: 'frozen' },
      'user.status',
      '"status" must be Status for User.status, and is none of its values',
    ],
    [
      'a text for a list',
      { full_name: 'x', tags: 'a' },
      'user.tags',
      '"tags" must be [String!] for User.tags, and is a string',
    ],
    [
      'a hole in a list',
      { full_name: 'x', tags: ['a', null] },
      'user.tags.1',
      '"tags.1" must be String! for User.tags, and is null',
    ],
    [
      'a text for an object',
      { full_name: 'x', home: { address: 'Ulm' } },
      'user.address',
      '"home.address" must be Address for User.address, and is a string',
    ],
    ['a list for an entity', [], 'user', '"the body" must be User for Query.user, and is a list'],
  ];
  for (const [promise, body, path, message] of unusable) {
    test(`${promise} is an error with upstream, call, status and field, and no value`, async () => {
      const { ask } = await startFacade(() => ({ json: body }));
      const answer = await ask('{ user(id: 1) { name age status tags address { city } } }');
      assert.deepEqual((plain(answer) as { errors: unknown }).errors, [`${path}: UPSTREAM_BAD_RESPONSE of users`]);
      assert.deepEqual(logged(answer), [`users: GET /users/{id} answered 200, but ${message}`]);
    });
  }

  test('a list that is not there is an error', async () => {
    const { ask } = await startFacade(() => ({ json: { users: [] } }));
    assert.deepEqual(logged(await ask('{ users { id } }')), [
      'users: GET /users answered 200, but "items" must be a list, but is missing',
    ]);
  });

  test('an object of a union whose type the body does not tell is an error', async () => {
    const { ask } = await startFacade(() => ({ json: person(1, { pet: { lives: 9 } }) }));
    assert.deepEqual(plain(await ask('{ user(id: 1) { pet { __typename } } }')), {
      data: { user: { pet: null } },
      errors: ['user.pet: UPSTREAM_BAD_RESPONSE of users'],
    });
  });

  test('inherited properties are no data', async () => {
    const { ask } = await startFacade(() => ({
      body: '{"full_name":"x","__proto__":{"age":7}}',
      headers: { 'content-type': 'application/json' },
    }));
    assert.deepEqual(plain(await ask('{ user(id: 1) { age } }')), { data: { user: { age: null } } });
  });

  test('204 and empty bodies are null', async () => {
    const { ask } = await startFacade(() => ({ status: 204 }));
    assert.deepEqual(plain(await ask('{ user(id: 1) { id } product { id } }')), {
      data: { user: null, product: null },
    });
  });

  test('404 and empty bodies are errors where a field must not be null', async () => {
    const { ask } = await startFacade(({ path }) => ({ status: path.endsWith('1') ? 404 : 204 }));
    assert.deepEqual(plain(await ask('{ userNow(id: 1) { id } }')), {
      data: null,
      errors: ['userNow: NOT_FOUND of users'],
    });
    const empty = await ask('{ userNow(id: 2) { id } }');
    assert.deepEqual(logged(empty), [
      'users: GET /users/{id} answered 204, but the body is empty, and Query.userNow must not be null',
    ]);
  });

  test('a body that is not JSON is an error', async () => {
    const { ask } = await startFacade(() => ({ body: '<html>', headers: { 'content-type': 'text/html' } }));
    assert.deepEqual(plain(await ask('{ cheap user(id: 1) { id } }')), {
      data: { cheap: null, user: null },
      errors: ['cheap: UPSTREAM_BAD_RESPONSE of users', 'user: UPSTREAM_BAD_RESPONSE of users'],
    });
  });

  test('one failing field leaves the others unchanged', async () => {
    const { ask } = await startFacade(({ path }) => (path === '/number' ? { status: 500 } : { json: person(1) }));
    assert.deepEqual(plain(await ask('{ cheap user(id: 1) { name } }')), {
      data: { cheap: null, user: { name: 'User 1' } },
      errors: ['cheap: UPSTREAM_FAILED of users'],
    });
  });

  test('an upstream that cannot be reached is an error of its fields', async () => {
    const { ask } = await startFacade(({ response }) => void response.destroy());
    const answer = await ask('{ cheap }');
    assert.deepEqual([answer.data?.['cheap'], answer.errors?.[0]?.extensions['upstream']], [null, 'users']);
    assert.ok(answer.errors?.[0]?.originalError instanceof GatewayError);
  });
});

describe('mutations', () => {
  test('send inputs by the names of the upstream; what is left out stays out, null stays null', async () => {
    const { ask, calls } = await startFacade(() => ({ status: 201, json: person(7) }));
    await ask('mutation { createUser(input: { name: "A", status: LOCKED, address: { city: "Ulm" } }) { id } }');
    await ask('mutation { updateUser(id: 7, input: { age: null, address: null }) { id } }');
    assert.deepEqual(
      calls.map(({ method, path, body }) => [method, path, JSON.parse(body) as unknown]),
      [
        ['POST', '/users', { full_name: 'A', status: 'locked out', address: { town: 'Ulm' } }],
        ['PATCH', '/users/7', { age: null, address: null }],
      ],
    );
    assert.equal(calls[0]?.headers['content-type'], 'application/json');
  });

  test('read through an object that is null give null in its place, and nothing where it is left out', async () => {
    const { ask, calls } = await startFacade(() => ({ json: person(7) }));
    for (const input of ['address: { city: "Ulm" }', 'address: null', 'age: 1']) {
      await ask(`mutation { moveUser(id: 7, input: { ${input} }) { id } }`);
    }
    assert.deepEqual(
      calls.map(({ body }) => body),
      ['{"home":{"town":"Ulm"}}', '{"home":null}', '{}'],
    );
  });

  test('of what is not there are errors, not nulls', async () => {
    const { ask } = await startFacade(() => ({ status: 404 }));
    assert.deepEqual(plain(await ask('mutation { updateUser(id: 7, input: {}) { id } }')), {
      data: { updateUser: null },
      errors: ['updateUser: NOT_FOUND of users'],
    });
  });

  test('with an empty answer are true where the field is Boolean', async () => {
    const { ask, addresses } = await startFacade(() => ({ status: 204 }));
    assert.deepEqual(plain(await ask('mutation { deleteUser(id: 7) }')), { data: { deleteUser: true } });
    assert.deepEqual(addresses(), ['DELETE /users/7']);
  });

  test('make what was read before be read again', async () => {
    let name = 'old';
    const { ask } = await startFacade(({ method }) => {
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
    const { ask } = await startFacade(() => ({ status: 422, json }), { errors });
    const { errors: [error] = [] } = await ask('mutation { createUser(input: {}) { id } }');
    assert.equal(error?.message, 'No name.');
    assert.deepEqual(error?.extensions, {
      code: 'UNPROCESSABLE',
      upstream: 'users',
      upstreamStatus: 422,
      details: { name: 'missing' },
    });
    const hidden = await startFacade(() => ({ status: 422, json }));
    const { errors: [other] = [] } = await hidden.ask('mutation { createUser(input: {}) { id } }');
    assert.doesNotMatch(JSON.stringify(other), /No name|missing|invalid/);
  });

  test('never show the text of a 5xx, which is about the inside of the upstream', async () => {
    const json = { error: { message: 'secret-cause at db:1', fields: { secret: 'cause' }, code: 'secret' } };
    const errors = { message: 'error.message', details: 'error.fields', code: 'error.code' };
    const { ask } = await startFacade(() => ({ status: 500, json }), { errors });
    const { errors: [error] = [] } = await ask('{ user(id: 1) { id } }');
    assert.equal(error?.extensions['code'], 'UPSTREAM_FAILED');
    assert.doesNotMatch(JSON.stringify(error), /secret/);
  });
});
