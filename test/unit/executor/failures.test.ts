import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import {
  entities,
  failure,
  field,
  key,
  list,
  member,
  nullable,
  object,
  planOf,
  required,
  root,
  runPlan,
  scalar,
  shapeOf,
  target,
} from './plans.ts';
import type { FetchAnswer } from '../../../src/upstream/types.ts';
import { testScope } from '../../support/graphql-upstream.ts';

const string = scalar('String');
const reviews = member(
  'reviews',
  nullable(list(nullable(object('Review', [member('text', required(string), { dataKey: 'body' })])))),
);
const user = object('User', [member('id'), member('called', required(string), { dataKey: 'name' }), reviews]);
const people = shapeOf(member('people', nullable(list(nullable(user))), { dataKey: 'users' }));
const plan = planOf(
  root([field('users', [field('id')])]),
  entities([target({ paths: ['users[]'], selections: [field('name'), field('reviews', [field('body')])] })]),
);
const found = { data: { users: [{ id: '1' }, { id: '2' }, { id: '1' }] } };
const bob = { name: 'Bob', reviews: [] };
const shownBob = { id: '2', called: 'Bob', reviews: [] };

describe('an error of an upstream', () => {
  test("at a field of an entity is told at all places of that entity, in the client's words", async () => {
    const { data, told } = await runPlan(plan, people, ({ upstream }) =>
      upstream === 'a'
        ? found
        : {
            data: { _entities: [{ name: 'Ada', reviews: [null, { body: 'ok' }] }, bob] },
            errors: [{ path: ['_entities', 0, 'reviews', 0, 'body'], error: failure('lost') }],
          },
    );
    const ada = { id: '1', called: 'Ada', reviews: [null, { text: 'ok' }] };
    assert.deepEqual(data, { people: [ada, shownBob, ada] });
    assert.deepEqual(told, ['people.0.reviews.0.text: lost', 'people.2.reviews.0.text: lost']);
  });

  test('explains the null that may not be, and no second error is added', async () => {
    const { data, told } = await runPlan(plan, people, ({ upstream }) =>
      upstream === 'a'
        ? found
        : { data: { _entities: [null, bob] }, errors: [{ path: ['_entities', 0, 'name'], error: failure('lost') }] },
    );
    assert.deepEqual(data, { people: [null, shownBob, null] });
    assert.deepEqual(told, ['people.0.called: lost', 'people.2.called: lost']);
  });

  test('that names its place is told there alone, beside one that names none', async () => {
    const shape = shapeOf(member('me', nullable(object('User', [member('id', required(string)), member('name')]))));
    const { data, told } = await runPlan(planOf(root([field('me', [field('id'), field('name')])])), shape, () => ({
      data: { me: { id: null, name: null } },
      errors: [{ error: failure('vague') }, { path: ['me', 'id'], error: failure('exact') }],
    }));
    assert.deepEqual(data, { me: null });
    assert.deepEqual(told, ['me.id: exact']);
  });

  test('below a root field that is null is told there, the vague one is not', async () => {
    const shape = shapeOf(member('me', nullable(object('User', [member('name')]))));
    const { told } = await runPlan(planOf(root([field('me', [field('name')])])), shape, () => ({
      data: { me: null },
      errors: [{ error: failure('vague') }, { path: ['me', 'name'], error: failure('exact') }],
    }));
    assert.deepEqual(told, ['me.name: exact']);
  });

  test('that nulled a whole entity is told at its other fields too', async () => {
    const shape = shapeOf(member('me', nullable(object('User', [member('name'), member('age')]))));
    const one = planOf(
      root([field('me', [field('id')])]),
      entities([target({ paths: ['me'], selections: [field('name'), field('age')] })]),
    );
    const { data, told } = await runPlan(one, shape, ({ upstream }) =>
      upstream === 'a'
        ? { data: { me: { id: '1' } } }
        : { data: { _entities: [null] }, errors: [{ path: ['_entities', 0, 'name'], error: failure('lost') }] },
    );
    assert.deepEqual(data, { me: { name: null, age: null } });
    assert.deepEqual(told, ['me.name: lost', 'me.age: lost']);
  });

  test('without a path, or of a whole fetch, is told at each field that stays null for it', async () => {
    const shape = shapeOf(
      member('users', nullable(list(nullable(object('User', [member('id'), reviews, member('name')]))))),
    );
    const whole = { data: null, errors: [{ error: failure('down') }] };
    for (const answer of [whole, { ...whole, data: undefined }]) {
      const { data, told } = await runPlan(plan, shape, ({ upstream }) =>
        upstream === 'a' ? { data: { users: [{ id: '1' }] } } : answer,
      );
      assert.deepEqual(data, { users: [{ id: '1', reviews: null, name: null }] });
      assert.deepEqual(told, ['users.0.reviews: down', 'users.0.name: down']);
    }
  });

  test('at a field that the client did not ask for is told where its null shows', async () => {
    const shape = shapeOf(member('me', nullable(object('User', [member('name')]))));
    const { data, told } = await runPlan(planOf(root([field('me', [field('id'), field('name')])])), shape, () => ({
      data: { me: null },
      errors: [{ path: ['me', 'id'], error: failure('lost') }],
    }));
    assert.deepEqual(data, { me: null });
    assert.deepEqual(told, ['me: lost']);
  });

  test('that left nothing null is not for clients, but is not lost either', async () => {
    const shape = shapeOf(member('name'));
    const error = failure('a warning');
    for (const path of [undefined, ['name'], ['stranger']]) {
      const answer = { data: { name: 'Ada' }, errors: [path ? { path, error } : { error }] };
      const { told, unshown } = await runPlan(planOf(root([field('name')])), shape, () => answer);
      assert.deepEqual(told, []);
      assert.deepEqual(unshown, [error]);
    }
  });

  test('that keeps a key away is told at the fields which the key was for', async () => {
    const shape = shapeOf(member('me', nullable(object('User', [member('name')]))));
    const chain = planOf(
      root([field('me', [field('id')])]),
      entities([target({ paths: ['me'], selections: [field('email')] })]),
      entities([target({ paths: ['me'], representation: [key('email')], selections: [field('name')] })], {
        id: 2,
        upstream: 'c',
        after: [1],
      }),
    );
    const { data, told, calls } = await runPlan(chain, shape, ({ upstream }) =>
      upstream === 'a' ? { data: { me: { id: '1' } } } : { data: null, errors: [{ error: failure('down') }] },
    );
    assert.deepEqual(data, { me: { name: null } });
    assert.deepEqual(told, ['me.name: down']);
    assert.equal(calls.length, 2);
  });

  test('of one root field leaves the others alone', async () => {
    const shape = shapeOf(
      member('x', nullable(string), { dataKey: 'a' }),
      member('y', nullable(string), { dataKey: 'b' }),
    );
    const { data, told } = await runPlan(planOf(root([field('a'), field('b')])), shape, () => ({
      data: { a: null, b: 'fine' },
      errors: [{ path: ['a'], error: failure('lost') }],
    }));
    assert.deepEqual(data, { x: null, y: 'fine' });
    assert.deepEqual(told, ['x: lost']);
  });
});

describe('an answer that cannot be used', () => {
  const rootShape = shapeOf(member('name'));
  test('as it holds neither data nor errors', async () => {
    const { told } = await runPlan(planOf(root([field('name')])), rootShape, () => ({ data: null }));
    assert.deepEqual(told, ['name: upstream "a" answered with neither data nor errors']);
  });

  test('as its list of entities has another length', async () => {
    for (const list_ of [[bob], [bob, bob, bob], { 0: bob, length: 2 }, null, 'no list']) {
      const { data, told } = await runPlan(plan, people, ({ upstream }) =>
        upstream === 'a' ? found : { data: { _entities: list_ } },
      );
      assert.deepEqual(data, { people: [null, null, null] });
      assert.equal(told[0], 'people.0.called: upstream "b" answered with no list of 2 entities at "_entities"');
    }
  });

  test('as a value is not of its type: an error at its place, for the log', async () => {
    const shape = shapeOf(member('age', nullable(scalar('Int'))));
    const { data, errors, told } = await runPlan(planOf(root([field('age')])), shape, () => ({ data: { age: 'old' } }));
    assert.deepEqual(data, { age: null });
    assert.deepEqual(told, ['age: Query.age: expected a value of "Int", but got: "old"']);
    assert.equal(errors[0]?.error.code, 'UPSTREAM_BAD_RESPONSE');
    assert.ok(errors[0]?.error.isInternal);
  });
});

describe('an entity that an upstream does not have', () => {
  const answer = (entity: unknown) => (call: { readonly upstream: string }) =>
    call.upstream === 'a' ? { data: { me: { id: '1' } } } : { data: { _entities: [entity] } };
  const asked = planOf(
    root([field('me', [field('id')])]),
    entities([target({ paths: ['me'], selections: [field('name')] })]),
  );
  const me = (name: typeof nullable, whole: typeof nullable) =>
    shapeOf(member('me', whole(object('User', [member('id'), member('name', name(string))]))));

  test('leaves null the fields that may be null, and else the object, without an error', async () => {
    const ofField = await runPlan(asked, me(nullable, nullable), answer(null));
    assert.deepEqual([ofField.data, ofField.told], [{ me: { id: '1', name: null } }, []]);
    const ofObject = await runPlan(asked, me(required, nullable), answer(null));
    assert.deepEqual([ofObject.data, ofObject.told], [{ me: null }, []]);
  });

  test('is an error where it takes more along than the object', async () => {
    const { data, told } = await runPlan(asked, me(required, required), answer(null));
    assert.equal(data, null);
    assert.deepEqual(told, ['me.name: upstream "b" has no entity of a key that another upstream gave']);
  });

  test('is something else than an entity without a field that must be there', async () => {
    const { data, told } = await runPlan(asked, me(required, nullable), answer({ name: null }));
    assert.deepEqual(data, { me: null });
    assert.deepEqual(told, ['me.name: Cannot return null for non-nullable field User.name.']);
  });
});

test('an error that costs thousands of places is told at each of them', async () => {
  const users = Array.from({ length: 10_000 }, (_, id) => ({ id: String(id) }));
  const { told } = await runPlan(plan, people, ({ upstream }) =>
    upstream === 'a' ? { data: { users } } : { data: null, errors: [{ error: failure('down') }] },
  );
  assert.equal(told.length, 10_000);
  assert.equal(new Set(told).size, 10_000);
  assert.equal(told.at(-1), 'people.9999.called: down');
});

test('for a client that has left no answer is built', async () => {
  const client = new AbortController();
  const scope = testScope(client.signal);
  const answer = (): FetchAnswer => {
    client.abort();
    return found;
  };
  const { data, told } = await runPlan(plan, people, answer, { scope });
  assert.equal(data, null);
  assert.deepEqual(told, [': The client left.']);
});
