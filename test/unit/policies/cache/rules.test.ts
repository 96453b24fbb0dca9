import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { buildSchema, GraphQLError, parse } from 'graphql';
import type { CacheHint } from '../../../../src/config/cache-types.ts';
import { Rules, type Entity } from '../../../../src/policies/cache/rules.ts';

const schema = buildSchema(/* GraphQL */ `
  type User { id: ID! name: String }
  type Note { text: String }
  type Query { user: User version: String note: Note }
  type Mutation { rename: User }
`);

const hint = (given: Partial<CacheHint>): CacheHint => ({
  ...{ maxAge: undefined, scope: undefined, inheritMaxAge: false },
  ...given,
});

const hints = new Map([
  ['User', hint({ maxAge: 60 })],
  ['Query.version', hint({ maxAge: 10 })],
  ['Note', hint({ maxAge: 30, scope: 'PRIVATE' })],
]);

const rules = new Rules({ schema, hints, mayKeepErrors: () => false });

function judge(text: string, given: { entities?: readonly Entity[]; session?: string; maxAgeMs?: number } = {}) {
  const { entities = [], session, maxAgeMs = 1_000_000 } = given;
  return rules.judgeQuery({ document: parse(text), errors: undefined, key: 'k', entities, session, maxAgeMs });
}

describe('the rules of the package', () => {
  test('the lowest time of types and fields holds, and what is given with a run makes it smaller still', () => {
    const user = [{ typename: 'User', id: '1' }];
    assert.equal(judge('{ user { id } }', { entities: user })?.ttlMs, 60_000);
    assert.equal(judge('{ v: version user { id } }', { entities: user })?.ttlMs, 10_000);
    assert.equal(judge('{ user { id } }', { entities: user, maxAgeMs: 500 })?.ttlMs, 500);
  });

  test('no hint, no caching', () => {
    assert.equal(judge('{ user { id } }'), undefined);
    assert.equal(judge('{ note { text } }', { entities: [{ typename: 'Other' }], session: 'a' }), undefined);
  });

  test('a private type is not kept without a session', () => {
    assert.equal(judge('{ note { text } }', { entities: [{ typename: 'Note' }] }), undefined);
    assert.equal(judge('{ note { text } }', { entities: [{ typename: 'Note' }], session: 'a' })?.ttlMs, 30_000);
  });

  test('errors are not kept', () => {
    const document = parse('{ version }');
    const run = { document, entities: [], key: 'k', session: undefined, maxAgeMs: 1000 };
    const errors = [new GraphQLError('no')];
    assert.equal(rules.judgeQuery({ ...run, errors }), undefined);
    assert.equal(rules.judgeQuery({ ...run, errors: undefined })?.ttlMs, 1000);
  });

  test('it names the entities that a mutation makes invalid, private ones too', () => {
    const document = parse('mutation { rename { id } }');
    const entities = [
      { typename: 'User', id: '1' },
      { typename: 'Note', id: '7' },
      { typename: 'User', id: '2' },
    ];
    const found = rules.judgeMutation({ document, errors: undefined, entities });
    assert.deepEqual(
      found.map(({ typename, id }) => `${typename}:${id}`),
      ['User:1', 'Note:7', 'User:2'],
    );
  });

  test('ten thousand entities are looked at once each', () => {
    let reads = 0;
    const entities = Array.from({ length: 10_000 }, (_, index) => ({
      typename: 'User',
      get id() {
        reads += 1;
        return String(index);
      },
    }));
    assert.equal(judge('{ user { id } }', { entities })?.entities.length, 10_000);
    assert.ok(reads <= 20_000, String(reads));
  });
});
