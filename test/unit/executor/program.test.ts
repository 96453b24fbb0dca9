import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { compileProgram } from '../../../src/executor/program.ts';
import type { FetchAnswer } from '../../../src/upstream/types.ts';
import { testScope } from '../../support/graphql-upstream.ts';
import {
  entities,
  failure,
  field,
  key,
  list,
  member,
  nullable,
  object,
  path,
  planOf,
  root,
  runPlan,
  scalar,
  shapeOf,
  target,
  when,
  type Call,
} from './plans.ts';

const idAndName = [member('id'), member('name')];
const users = member('users', nullable(list(nullable(object('User', idAndName)))));
const usersPlan = planOf(
  root([field('users', [field('id')])]),
  entities([target({ paths: ['users[]'], selections: [field('name')] })]),
);

describe('entities', () => {
  test('equal representations are sent once and answer all their objects', async () => {
    const { data, calls } = await runPlan(usersPlan, shapeOf(users), ({ upstream }) =>
      upstream === 'a'
        ? { data: { users: [{ id: '1' }, { id: '2' }, { id: '1' }] } }
        : { data: { _entities: [{ name: 'Ada' }, { name: 'Bob' }] } },
    );
    const representations = [
      { __typename: 'User', id: '1' },
      { __typename: 'User', id: '2' },
    ];
    assert.deepEqual(calls[1]?.variables, { representations });
    const [ada, bob] = [
      { id: '1', name: 'Ada' },
      { id: '2', name: 'Bob' },
    ];
    assert.deepEqual(data, { users: [ada, bob, ada] });
  });

  test('a number and a text of the same digits are different keys', async () => {
    const { calls } = await runPlan(usersPlan, shapeOf(users), ({ upstream }) =>
      upstream === 'a' ? { data: { users: [{ id: '1' }, { id: 1 }] } } : { data: { _entities: [null, null] } },
    );
    const representations = [
      { __typename: 'User', id: '1' },
      { __typename: 'User', id: 1 },
    ];
    assert.deepEqual(calls[1]?.variables, { representations });
  });

  test('entities that share a part of their key only are different ones', async () => {
    const plan = planOf(
      root([field('users', [field('id')])]),
      entities([target({ paths: ['users[]'], representation: [key('id'), key('org')], selections: [field('name')] })]),
    );
    const users_ = [
      { id: '1', org: 'a' },
      { id: '1', org: 'b' },
      { id: '1', org: 'a' },
    ];
    const { data } = await runPlan(plan, shapeOf(users), ({ upstream }) =>
      upstream === 'a' ? { data: { users: users_ } } : { data: { _entities: [{ name: 'of a' }, { name: 'of b' }] } },
    );
    const answered = data as { readonly users: readonly { readonly name: string }[] } | null;
    const names = answered?.users.map(({ name }) => name);
    assert.deepEqual(names, ['of a', 'of b', 'of a']);
  });

  test('a fetch without representations is not sent', async () => {
    const { data, calls } = await runPlan(usersPlan, shapeOf(users), () => ({ data: { users: [{ id: null }, null] } }));
    assert.equal(calls.length, 1);
    assert.deepEqual(data, { users: [{ id: null, name: null }, null] });
  });

  test('several targets travel in one request, each with its own list', async () => {
    const plan = planOf(
      root([field('users', [field('id')]), field('best', [field('id')])]),
      entities([
        target({ alias: '_e0', variable: 'r0', paths: ['users[]'], selections: [field('name')] }),
        target({ alias: '_e1', variable: 'r1', type: 'Member', paths: ['best'], selections: [field('name')] }),
      ]),
    );
    const shape = shapeOf(users, member('best', nullable(object('Member', idAndName))));
    const { data, calls } = await runPlan(plan, shape, ({ upstream }) =>
      upstream === 'a'
        ? { data: { users: [{ id: '1' }], best: { id: '1' } } }
        : { data: { _e0: [{ name: 'Ada' }], _e1: [{ name: 'Best' }] } },
    );
    assert.deepEqual(calls[1]?.variables, {
      r0: [{ __typename: 'User', id: '1' }],
      r1: [{ __typename: 'Member', id: '1' }],
    });
    assert.deepEqual(data, { users: [{ id: '1', name: 'Ada' }], best: { id: '1', name: 'Best' } });
  });

  test('nested keys, lists in them, and members of some types only', async () => {
    const representation = [
      key('org', { fields: [key('id')] }),
      key('tags', { required: true, fields: [key('n')] }),
      key('vip', { dataKey: 'v', required: true, on: ['Admin'] }),
    ];
    const plan = planOf(
      root([field('users', [field('org', [field('id')])])]),
      entities([target({ paths: ['users[]'], representation, selections: [field('name')] })]),
    );
    const { calls } = await runPlan(plan, shapeOf(users), ({ upstream }) =>
      upstream === 'b'
        ? { data: { _entities: [null, null] } }
        : {
            data: {
              users: [
                { __typename: 'Admin', org: { id: 7 }, tags: [{ n: 'x' }, null], v: true },
                { __typename: 'Guest', org: { id: 8 }, tags: null, v: true },
                { __typename: 'Guest', org: null, tags: [] },
                { __typename: 'Guest', org: { id: 9 } },
              ],
            },
          },
    );
    assert.deepEqual(calls[1]?.variables, {
      representations: [
        { __typename: 'User', org: { id: 7 }, tags: [{ n: 'x' }, null], vip: true },
        { __typename: 'User', org: { id: 8 }, tags: null },
      ],
    });
  });

  test('only objects of the types that a path names are asked for', async () => {
    const typed = [...path('users[]'), { step: 'type', types: ['Admin'] } as const];
    const plan = planOf(
      root([field('users', [field('id')])]),
      entities([{ ...target({ paths: [], selections: [field('name')] }), paths: [typed] }]),
    );
    const { calls } = await runPlan(plan, shapeOf(users), ({ upstream }) =>
      upstream === 'a'
        ? { data: { users: [{ __typename: 'Admin', id: '1' }, { __typename: 'Guest', id: '2' }, { id: '3' }] } }
        : { data: { _entities: [{ name: 'Ada' }] } },
    );
    assert.deepEqual(calls[1]?.variables, { representations: [{ __typename: 'User', id: '1' }] });
  });
});

describe('objects of one entity at several places', () => {
  /** `a` and `b` are one entity; below it, `x` is asked in two ways where `differs`. */
  const planWith = (differs: boolean) =>
    planOf(
      root([field('a', [field('id')]), field('b', [field('id')])]),
      entities([target({ paths: ['a', 'b'], selections: [field('best', [field('upc')])] })]),
      ...['a', 'b'].map((at, index) =>
        entities(
          [
            target({
              type: 'Product',
              paths: [`${at}.best`],
              representation: [key('upc')],
              selections: [
                field('x', [], { name: 'name', arguments: [{ name: 'lang', value: differs ? `${index}` : '0' }] }),
              ],
            }),
          ],
          { id: 2 + index, upstream: at, after: [1] },
        ),
      ),
    );
  const best = nullable(object('Product', [member('upc'), member('x')]));
  const shape = shapeOf(...['a', 'b'].map((name) => member(name, nullable(object('User', [member('best', best)])))));
  const answerWith =
    (x: (upstream: string) => string) =>
    ({ upstream, variables }: Call): FetchAnswer => {
      if (variables === undefined) return { data: { a: { id: '1' }, b: { id: '1' } } };
      const isUser = JSON.stringify(variables).includes('"User"');
      return { data: { _entities: [isUser ? { best: { upc: '1' } } : { x: x(upstream) }] } };
    };

  test('fields of other arguments at the other place do not overwrite each other', async () => {
    const { data } = await runPlan(
      planWith(true),
      shape,
      answerWith((upstream) => upstream),
    );
    assert.deepEqual(data, { a: { best: { upc: '1', x: 'a' } }, b: { best: { upc: '1', x: 'b' } } });
  });

  test('are answered alike where all is asked alike', async () => {
    const { data } = await runPlan(
      planWith(false),
      shape,
      answerWith(() => 'same'),
    );
    assert.deepEqual(data, { a: { best: { upc: '1', x: 'same' } }, b: { best: { upc: '1', x: 'same' } } });
  });
});

describe('what is merged', () => {
  test('objects and lists of two upstreams join, member by member', async () => {
    const plan = planOf(
      root([field('me', [field('name'), field('tags', [field('n')])])]),
      root([field('me', [field('age'), field('tags', [field('m')])])], { id: 1, upstream: 'b' }),
    );
    const tags = nullable(list(nullable(object('Tag', [member('n'), member('m')]))));
    const me = object('User', [member('name'), member('age', nullable(scalar('Int'))), member('tags', tags)]);
    const { data } = await runPlan(plan, shapeOf(member('me', nullable(me))), ({ upstream }) => ({
      data: {
        me: upstream === 'a' ? { name: 'Ada', tags: [{ n: 'x' }, null] } : { age: 36, tags: [{ m: 'y' }, { m: 'z' }] },
      },
    }));
    assert.deepEqual(data, {
      me: {
        name: 'Ada',
        age: 36,
        tags: [
          { n: 'x', m: 'y' },
          { n: null, m: 'z' },
        ],
      },
    });
  });

  test('a null never hides a value that another upstream gave', async () => {
    const { data } = await runPlan(
      planOf(
        root([field('users', [field('id')])]),
        entities([target({ paths: ['users[]'], selections: [field('id')] })]),
      ),
      shapeOf(users),
      ({ upstream }) =>
        upstream === 'a' ? { data: { users: [{ id: '1' }] } } : { data: { _entities: [{ id: null }] } },
    );
    assert.deepEqual(data, { users: [{ id: '1', name: null }] });
  });

  test('what an upstream sends unasked is left alone', async () => {
    const { data } = await runPlan(usersPlan, shapeOf(users), ({ upstream }) =>
      upstream === 'a'
        ? { data: { users: [{ id: '1' }] } }
        : { data: { _entities: [{ name: 'Ada', id: 'forged' }], users: [] } },
    );
    assert.deepEqual(data, { users: [{ id: '1', name: 'Ada' }] });
  });

  test('an object of the root type further down gets root fields at its place', async () => {
    const plan = planOf(
      root([field('save', [field('ok')])], { kind: 'mutation' }),
      root([field('version')], { id: 1, upstream: 'b', after: [0], at: path('save.query') }),
    );
    const query = member('query', nullable(object('Query', [member('version')])));
    const shape = shapeOf(member('save', nullable(object('Payload', [member('ok'), query]))));
    const { data, calls } = await runPlan(plan, shape, ({ upstream }) =>
      upstream === 'a' ? { data: { save: { ok: 'yes', query: {} } } } : { data: { version: '2' } },
    );
    assert.deepEqual(data, { save: { ok: 'yes', query: { version: '2' } } });
    assert.equal(calls.length, 2);
  });
});

describe('the order of fetches', () => {
  test('a fetch starts as soon as those before it are merged, whatever else still runs', async () => {
    const plan = planOf(
      root([field('slow')]),
      root([field('me', [field('id')])], { id: 1, upstream: 'fast' }),
      entities([target({ paths: ['me'], selections: [field('name')] })], { id: 2, after: [1] }),
    );
    const shape = shapeOf(member('slow'), member('me', nullable(object('User', idAndName))));
    const followed = Promise.withResolvers<void>();
    const { data } = await runPlan(plan, shape, async ({ upstream }) => {
      if (upstream === 'fast') return { data: { me: { id: '1' } } };
      if (upstream === 'b') followed.resolve();
      else await followed.promise;
      return { data: upstream === 'b' ? { _entities: [{ name: 'Ada' }] } : { slow: 'at last' } };
    });
    assert.deepEqual(data, { slow: 'at last', me: { id: '1', name: 'Ada' } });
  });

  test('a chain runs in turn, also past a link that fails', async () => {
    const names = ['one', 'two', 'three'];
    const plan = planOf(
      ...names.map((name, id) =>
        root([field(name)], { id, upstream: name, after: id === 0 ? [] : [id - 1], kind: 'mutation' }),
      ),
    );
    let running = 0;
    const { data, calls, told } = await runPlan(
      plan,
      shapeOf(...names.map((name) => member(name))),
      async ({ upstream }) => {
        running += 1;
        assert.equal(running, 1);
        await new Promise(setImmediate);
        running -= 1;
        return upstream === 'two'
          ? { data: null, errors: [{ error: failure('no') }] }
          : { data: { [upstream]: upstream } };
      },
    );
    assert.deepEqual(
      calls.map(({ upstream }) => upstream),
      names,
    );
    assert.deepEqual(data, { one: 'one', two: null, three: 'three' });
    assert.deepEqual(told, ['two: no']);
  });
});

describe('conditions', () => {
  test('a fetch whose condition does not hold is not sent, and what hangs on it goes on', async () => {
    const plan = planOf(
      root([field('users', [field('id')])], { conditions: when('on') }),
      ...usersPlan.fetches.slice(1),
    );
    const shape = shapeOf({ ...users, when: [when('on')] });
    const off = await runPlan(plan, shape, () => assert.fail('nothing is to be sent'), { values: { on: false } });
    assert.deepEqual(off.data, {});
  });

  test('a target whose condition does not hold is sent no representations', async () => {
    const plan = planOf(
      root([field('users', [field('id')])]),
      entities([
        target({ alias: '_e0', variable: 'r0', paths: ['users[]'], selections: [field('name')] }),
        target({
          alias: '_e1',
          variable: 'r1',
          paths: ['users[]'],
          selections: [field('age')],
          conditions: when('off'),
        }),
      ]),
    );
    const { calls } = await runPlan(
      plan,
      shapeOf(users),
      ({ upstream }) =>
        upstream === 'a' ? { data: { users: [{ id: '1' }] } } : { data: { _e0: [{ name: 'Ada' }], _e1: [] } },
      { values: { off: false } },
    );
    assert.deepEqual(calls[1]?.variables, { r0: [{ __typename: 'User', id: '1' }], r1: [] });
  });

  test('fields come and go by any of their alternatives, in the order of the operation', async () => {
    const shape = shapeOf(
      member('a', undefined, { when: [when('x')] }),
      member('b', undefined, { when: [when('x', false), when('y')] }),
      member('c'),
      member('d', undefined, { when: [[...when('x'), ...when('y')]] }),
    );
    const answerOf = async (values: object, errors: FetchAnswer['errors']): Promise<string> => {
      const data = { d: '4', c: '3', b: '2', a: '1' };
      const answer = errors ? { data, errors } : { data };
      const { data: built } = await runPlan(
        planOf(root([field('a'), field('b'), field('c'), field('d')])),
        shape,
        () => answer,
        {
          values: { ...values },
        },
      );
      return Object.keys(built ?? {}).join('');
    };
    // An error makes the careful builder do the work of the quick one.
    for (const errors of [undefined, [{ error: failure('elsewhere') }]]) {
      assert.equal(await answerOf({ x: true, y: true }, errors), 'abcd');
      assert.equal(await answerOf({ x: true, y: false }, errors), 'ac');
      assert.equal(await answerOf({ x: false, y: true }, errors), 'bc');
    }
  });
});

test('variables that the client left out stay out upstream, and null stays null', async () => {
  const uses = ['a', 'b', 'c'].map((name) => ({ name, type: 'Int' }));
  const plan = planOf(root([field('x')], { variables: uses }));
  const { calls } = await runPlan(plan, shapeOf(member('x')), () => ({ data: { x: '1' } }), {
    variables: { a: null, c: { deep: ['"}'] }, other: 1 },
    values: { a: null, b: 5 },
  });
  assert.deepEqual(calls[0]?.variables, { a: null, c: { deep: ['"}'] } });
});

test('introspection is answered from what the gateway knows', async () => {
  const meta = member('m', nullable(scalar('__schema', true)), { source: 'introspection', name: '__schema' });
  const { data, calls } = await runPlan(planOf(), shapeOf(meta), () => ({ data: null }), {
    introspection: { m: { a: 1 } },
  });
  assert.deepEqual(data, { m: { a: 1 } });
  assert.equal(calls.length, 0);
});

test('a program never rejects: what throws is an error of the answer', async () => {
  const thrown = await runPlan(planOf(root([field('x')])), shapeOf(member('x')), () => {
    throw new TypeError('broken facade');
  });
  assert.deepEqual(thrown.data, { x: null });
  assert.deepEqual(thrown.told, ['x: calling upstream "a" threw: broken facade']);
  const hostile = new Proxy({}, { getOwnPropertyDescriptor: () => assert.fail('broken variables') });
  const program = compileProgram({
    plan: planOf(root([field('x')], { conditions: when('v') })),
    shape: shapeOf(member('x')),
    prepare: () => async () => ({ data: {} }),
  });
  const { data, errors } = await program.run({ variables: {}, values: hostile, scope: testScope() });
  assert.equal(data, null);
  assert.deepEqual(
    errors.map(({ error }) => error.code),
    ['INTERNAL_ERROR'],
  );
});
