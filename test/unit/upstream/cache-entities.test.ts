import assert from 'node:assert/strict';
import { describe, test, type TestContext } from 'node:test';
import { parse } from 'graphql';
import type { CacheScope } from '../../../src/config/cache-types.ts';
import { anonymous, type Caller } from '../../../src/identity/caller.ts';
import { rest, type FieldContext } from '../../../src/index.ts';
import { cacheEntities } from '../../../src/upstream/cache-entities.ts';
import { compileEntityTags } from '../../../src/upstream/entity-tags.ts';
import { readEntityTypes } from '../../../src/upstream/entity-types.ts';
import { createRestFacade } from '../../../src/upstream/facade/rest/facade.ts';
import type { EntitySelection } from '../../../src/upstream/kept-entities.ts';
import { createRequestScope } from '../../../src/upstream/scope.ts';
import type { RequestScope, RunWatch } from '../../../src/upstream/types.ts';
import { createVaryOf } from '../../../src/upstream/vary.ts';
import { memoryStore } from '../../support/kept-entities-rig.ts';

function field(name: string, selections: readonly EntitySelection[] = [], dataKey = name): EntitySelection {
  return { select: 'field', name, dataKey, variables: [], conditions: [], selections };
}

const sdl = parse('type User @key(fields: "id") { id: ID! greeting: String } type Query { none: Int }');
const representations = ['{"__typename":"User","id":"1"}'];
const text = 'query ($of: [_Any!]!) { _entities(representations: $of) { ... on User { greeting } } }';

type Greet = (context: FieldContext) => string;

/** A REST upstream whose entity has a field that a function fills. */
function keepGreetings(t: TestContext, greet: Greet, scope: CacheScope) {
  const users = rest('users');
  const User = users.entity({
    key: 'id',
    one: users.get('/users/{id}'),
    fields: { greeting: (_user: unknown, _args: unknown, context: FieldContext) => greet(context) },
  });
  const config = { name: 'users', errors: {}, concurrency: 1 };
  const send = async () => ({ status: 200, headers: { 'content-type': 'application/json' }, body: '{"id":"1"}' });
  const facade = createRestFacade({ config, sdl, declarations: { User }, send, headers: () => ({}) });
  const store = memoryStore();
  t.after(async () => store.close());
  const { prepare } = cacheEntities(facade, {
    ...{ kept: { User: { maxAgeMs: 60_000, scope } }, store: store.own, now: Date.now, types: readEntityTypes(sdl) },
    vary: createVaryOf({ rules: new Map(), callsOthers: new Set() })(new Set(['users'])),
    idFieldOf: () => 'id',
  });
  const prepared = prepare(text);
  const kept = prepared.keep?.({ type: 'User', selections: [field('greeting')], variables: [] });
  return {
    fetch: async (of: RequestScope) => {
      const access = kept?.open({ scope: of, variables: {} });
      assert.ok(access);
      const { data, errors } = await prepared(`{"of":[${representations.join()}]}`, access.scope);
      assert.equal(errors, undefined);
      access.write(representations, data?.['_entities'] as unknown[], undefined);
    },
    read: (of: RequestScope) => kept?.open({ scope: of, variables: {} })?.read(representations),
  };
}

function scopeOf(caller: Partial<Caller>, watch?: RunWatch): RequestScope {
  const { signal } = new AbortController();
  const scope = createRequestScope({
    ...{ headers: {}, signal, responseHeaderRules: {} },
    caller: { ...anonymous, ...caller },
  });
  return watch ? { ...scope, watch } : scope;
}

const alice = { id: 'subject:alice', claims: { name: 'Alice' } };

describe('an entity that a resolver function has filled', () => {
  const byNobody: Greet = () => 'hello';
  const byId: Greet = ({ caller }) => `hello ${caller.id}`;
  const byClaim: Greet = ({ caller }) => `hello ${String(caller.claims['name'])}`;
  for (const [name, greet, scope, isKept] of [
    ['without a look at the caller is kept for all', byNobody, 'PUBLIC', true],
    ['with a look at the caller is not kept for all', byId, 'PUBLIC', false],
    ['with a look at the caller is kept for that caller', byId, 'PRIVATE', true],
    ['with a look at the claims, which no key tells, is not kept', byClaim, 'PRIVATE', false],
  ] as const) {
    test(name, async (t) => {
      const { fetch, read } = keepGreetings(t, greet, scope);
      const of = scopeOf(alice);
      await fetch(of);
      const expected = isKept ? [{ greeting: greet({ caller: of.caller } as FieldContext) }] : [];
      assert.deepEqual(read(of), expected);
    });
  }

  test("for one caller alone, makes an answer one caller's", async (t) => {
    const { fetch, read } = keepGreetings(t, byNobody, 'PRIVATE');
    await fetch(scopeOf(alice));
    const seen: Caller[] = [];
    const callerRead = (caller: Caller): Caller => {
      seen.push(caller);
      return caller;
    };
    const of = scopeOf(alice, { answered: () => {}, called: () => {}, callerRead });
    read(of);
    assert.deepEqual(seen, [of.caller]);
  });
});

describe('the tags of an entity', () => {
  const types = readEntityTypes(
    parse(`
      interface Owner { id: ID! }
      type Person implements Owner { id: ID! name: String }
      type Firm implements Owner { id: ID! }
      union Any = Person | Size
      type Size { width: Int }
      type House { id: ID! owner: Owner any: [Any!] size: Size neighbours: [[House]] }
    `),
  );
  const parts = { types, idFieldOf: (type: string) => (type === 'Size' ? undefined : 'id') };
  const tagsOf = (selections: readonly EntitySelection[], entity: object, representation: object = { id: '1' }) =>
    [...compileEntityTags('House', selections, parts)(entity, JSON.stringify(representation))].toSorted();

  test('are its type and its id, which what it was asked by tells', () => {
    assert.deepEqual(tagsOf([field('size', [field('width')])], { size: { width: 1 } }), [
      'House',
      'House:1',
      'Size',
      'Size:?',
    ]);
    assert.deepEqual(tagsOf([field('id', [], 'i')], { i: 7 }, { street: 's' }), ['House', 'House:7']);
    assert.deepEqual(tagsOf([], {}, { street: 's' }), ['House', 'House:?']);
  });

  test('have each object within, in lists of lists and under other names', () => {
    const neighbours = field('neighbours', [field('id', [], 'key')], 'near');
    const entity = { near: [[{ key: 2 }, null], [{ key: 3 }]] };
    assert.deepEqual(tagsOf([neighbours], entity), ['House', 'House:1', 'House:2', 'House:3']);
  });

  test('have all that an object may be, where nobody says what it is', () => {
    const owner = field('owner', [field('id')]);
    assert.deepEqual(tagsOf([owner], { owner: { id: '5' } }), [
      ...['Firm', 'Firm:?', 'House', 'House:1', 'Person', 'Person:?'],
    ]);
    const known = field('owner', [field('__typename'), field('id')]);
    assert.deepEqual(tagsOf([known], { owner: { __typename: 'Firm', id: '5' } }), [
      'Firm',
      'Firm:5',
      'House',
      'House:1',
    ]);
  });

  test('look into fragments, too', () => {
    const any = field('any', [field('__typename'), { select: 'fragment', type: 'Person', selections: [field('id')] }]);
    const entity = { any: [{ __typename: 'Person', id: 'p' }, { __typename: 'Size' }] };
    assert.deepEqual(tagsOf([any], entity), ['House', 'House:1', 'Person', 'Person:p', 'Size', 'Size:?']);
  });

  test('are never longer than a tag may be', () => {
    assert.deepEqual(tagsOf([], {}, { id: 'x'.repeat(300) }), ['House', 'House:?']);
  });
});
