import assert from 'node:assert/strict';
import { test } from 'node:test';
import { buildSchema } from 'graphql';
import { Mask, type GuardTable } from '../../../src/planner/mask.ts';

const schema = buildSchema(`
  type Query { a: Int b: Int safe: Safe named: Named }
  interface Named { name: String }
  type Safe implements Named { name: String gold: Int }
  type Open implements Named { name: String }
`);

/** 0 and 1 are requirements, 2 to 4 limits. */
const table: GuardTable = {
  types: new Map([['Safe', [1]]]),
  fields: new Map([
    ['Query.a', [0, 4, 2]],
    ['Query.b', [3]],
    ['Query.safe', [3]],
    ['Safe.name', [2]],
    ['Open.name', [3]],
  ]),
  firstLimit: 2,
};

const limitsOn = (denied: readonly number[], type: string, field: string) =>
  new Mask(schema, table, denied).limitsOn(type, field);

test('a field is limited by those of its limits that are used up', () => {
  assert.deepEqual(limitsOn([2, 3, 4], 'Query', 'a'), [2, 4]);
  assert.deepEqual(limitsOn([4], 'Query', 'a'), [4]);
  assert.equal(limitsOn([3], 'Query', 'a'), undefined);
  assert.equal(new Mask(schema, table, [4]).deniesField('Query', 'a'), true);
});

test('where a guard denies a field, or its object, or what it gives, no limit is the reason', () => {
  assert.equal(limitsOn([0, 2], 'Query', 'a'), undefined);
  assert.deepEqual(limitsOn([3], 'Query', 'safe'), [3]);
  assert.equal(limitsOn([1, 3], 'Query', 'safe'), undefined);
  assert.equal(limitsOn([1, 2], 'Safe', 'name'), undefined);
});

test('a field of an interface is limited where it is of one of its types', () => {
  assert.deepEqual(limitsOn([2, 3], 'Named', 'name'), [2, 3]);
  assert.deepEqual(limitsOn([3], 'Named', 'name'), [3]);
});

test('without limits, nothing is limited', () => {
  const { types, fields } = table;
  assert.equal(new Mask(schema, { types, fields }, [2]).limitsOn('Query', 'a'), undefined);
});
