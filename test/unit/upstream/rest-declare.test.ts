import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { reference, rest } from '../../../src/index.ts';
import { batchability, filledFields } from '../../../src/upstream/facade/rest/read-declarations.ts';

const users = rest('users');
const one = users.get('/users/{id}');
const many = users.get('/users', { query: { ids: '{keys}' }, items: 'items', by: 'user_id', max: 50 });

/** Declarations that do not hold together, with what the message says of them. */
const refused: readonly (readonly [promise: string, make: () => unknown, message: RegExp])[] = [
  ['an upstream without a name', () => rest(''), /name of an upstream/],
  ['a path that begins with no slash', () => users.get('users'), /must begin with "\/"/],
  ['a query in the path', () => users.get('/users?ids=1'), /parameters stand in "query"/],
  ['a path that climbs', () => users.get('/users/../admin'), /no "\." or "\.\." segments/],
  ['a placeholder that is no name', () => users.get('/users/{1}'), /a placeholder must be a name .* \{1\}/],
  ['a brace that is never closed', () => users.get('/users/{id'), /every brace must belong to a placeholder/],
  ['a GET with a body', () => users.get('/users', { body: '{input}' }), /a GET must have no body/],
  ['an unknown option', () => users.get('/users', { item: 'items' } as never), /options must be among .* got: item/],
  ['a list as query parameter', () => users.get('/users', { query: { a: [1] } as never }), /query "a" must be a text/],
  ['items and at together', () => users.get('/users', { items: 'items', at: 'user' }), /"items" or "at", but got both/],
  ['a batch of no keys', () => users.get('/users', { max: 0 }), /"max" must be an integer above 0, but got: 0/],
  ['a broken path in the body', () => users.get('/users', { items: 'a..b' }), /"items" must be a dotted path/],
  ['an entity without a key', () => users.entity({ key: '', one }), /"key" must be GraphQL fields/],
  ['an entity nobody can look up', () => users.entity({ key: 'id' }), /must have "one" or "many"/],
  [
    'a look-up by another field than the key',
    () => users.entity({ key: 'email', one }),
    /key fields \(email\).*got: id/,
  ],
  ['a look-up in another upstream', () => rest('orders').entity({ key: 'id', one }), /must be a call of "orders"/],
  ['a batch without {keys}', () => users.entity({ key: 'id', many: users.get('/users', { by: 'id' }) }), /be \{keys\}/],
  [
    'a batch that does not say whose item is whose',
    () => users.entity({ key: 'id', many: users.get('/users', { query: { ids: '{keys}' } }) }),
    /must have "by"/,
  ],
  ['a batch by two key fields', () => users.entity({ key: 'id region', many }), /key of one field/],
  [
    'a field filled by a number',
    () => users.entity({ key: 'id', one, fields: { a: 1 as never } }),
    /field "a" must be/,
  ],
  ['a reference without keys', () => reference({}), /where each key field comes from/],
  [
    'a reference by another key',
    () => users.entity({ key: 'id', one }).reference({ email: 'mail' }),
    /key fields \(id\)/,
  ],
];

describe('declarations are checked when they are made', () => {
  for (const [promise, make, message] of refused) {
    test(`${promise} is refused`, () => {
      assert.throws(make, (error: unknown) => error instanceof TypeError && message.test(error.message));
    });
  }

  test('a declaration is plain, frozen data', () => {
    assert.ok(Object.isFrozen(one) && Object.isFrozen(users.entity({ key: 'id', one })));
    assert.deepEqual(
      { method: many.method, path: many.path, placeholders: many.placeholders, max: many.max },
      { method: 'GET', path: '/users', placeholders: ['keys'], max: 50 },
    );
  });
});

const User = users.entity({ key: 'id', one, many, fields: { id: 'user_id', name: 'full_name' } });
const Team = users.entity({ key: 'id', one: users.get('/teams/{id}') });

describe('what a resolvers file fills', () => {
  test('is every named field but the keys of its entities', () => {
    const exports = {
      User,
      Query: { user: User.one() },
      Dashboard: { unread: User.one({ id: 'userId' }).pick('unread') },
    };
    assert.deepEqual(filledFields(exports), [
      { type: 'User', field: 'name' },
      { type: 'Query', field: 'user' },
      { type: 'Dashboard', field: 'unread' },
    ]);
  });

  test('costs one call per parent where neither the call nor the look-up is batched', () => {
    const exports = {
      User,
      Team,
      Query: { team: Team.one() },
      Order: {
        buyer: User.reference({ id: 'user_id' }),
        team: Team.reference({ id: 'team_id' }),
        lead: Team.one({ id: 'teamId' }).pick('lead'),
        events: users.get('/orders/{id}/events'),
        product: reference({ id: 'product_id' }),
      },
    };
    assert.deepEqual(batchability(exports), {
      batched: ['User'],
      single: [{ type: 'Team', upstream: 'users', call: 'GET /teams/{id}' }],
      perParent: [
        { type: 'Order', field: 'team', upstream: 'users', call: 'GET /teams/{id}' },
        { type: 'Order', field: 'lead', upstream: 'users', call: 'GET /teams/{id}' },
        { type: 'Order', field: 'events', upstream: 'users', call: 'GET /orders/{id}/events' },
      ],
      links: [{ type: 'Order', field: 'product' }],
    });
  });
});
