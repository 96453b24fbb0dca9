import assert from 'node:assert/strict';
import { test } from 'node:test';
import { buildSchema } from 'graphql';
import { findNPlusOne, type PerParentCall } from '../../../src/composition/n-plus-one.ts';

const schema = buildSchema(`
  interface Place { city: City }
  type Home implements Place { city: City owner: Person }
  type City { name: String mayor: Person }
  type Person { name: String home: Home friends: [Person!]! pet: Pet }
  type Pet { name: String keeper: Person }
  type Alone { person: Person }
  type Holder { alone: Alone }
  union Thing = Pet | City
  type Query { city: City places: [[Place!]!] thing: Thing holder: Holder }
  type Mutation { adopt: [Thing!] }
`);

const callOf = (type: string, field: string): PerParentCall => ({ type, field, upstream: 'town', call: 'GET /x/{id}' });
const warningsFor = (type: string, field: string): string[] => findNPlusOne(schema, [callOf(type, field)]);

test('a field that makes a call per parent under a list is named, with its call, upstream and the way to the list', () => {
  assert.deepEqual(warningsFor('Person', 'home'), [
    'N+1: "Person.home" makes one call per Person (GET /x/{id} of upstream "town" has no batch look-up), ' +
      'and Query.places.owner gives a list of them',
  ]);
});

test('a field whose parent stands under no list is not', () => {
  assert.deepEqual(warningsFor('Query', 'city'), []);
  assert.deepEqual(warningsFor('Alone', 'person'), []);
});

test('lists are found through lists of lists, interfaces, unions and mutations', () => {
  assert.match(warningsFor('Home', 'city')[0] ?? '', /and Query\.places gives a list/);
  assert.match(warningsFor('City', 'mayor')[0] ?? '', /and (Query\.places\.city|Mutation\.adopt) gives a list/);
  assert.match(warningsFor('Pet', 'keeper')[0] ?? '', /and Mutation\.adopt gives a list/);
});

test('a type that nothing leads to is not', () => {
  assert.deepEqual(warningsFor('Nowhere', 'field'), []);
});
