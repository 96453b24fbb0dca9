import assert from 'node:assert/strict';
import { test } from 'node:test';
import { buildSchema, getOperationAST, parse } from 'graphql';
import { coordinatesOf } from '../../../src/operation/coordinates.ts';

const schema = buildSchema(`
  interface Node { id: ID! }
  type User implements Node { id: ID! name: String }
  type Order implements Node { id: ID! total: Int user: User }
  union Found = User | Order
  type Query { me: User order: Order node: Node find: Found }
`);

function coordinates(text: string, operationName?: string): readonly string[] {
  const document = parse(text);
  const operation = getOperationAST(document, operationName);
  assert.ok(operation);
  return [...coordinatesOf(document, operation, schema)].toSorted();
}

test('fields are found by the types that they are of, whatever their aliases', () => {
  assert.deepEqual(coordinates('{ a: order { t: total user { name } } }'), [
    'Order.total',
    'Order.user',
    'Query.order',
    'User.name',
  ]);
});

test('a field of an interface is that of all its types, and the other way round', () => {
  assert.deepEqual(coordinates('{ node { id } }'), ['Node.id', 'Order.id', 'Query.node', 'User.id']);
  assert.deepEqual(coordinates('{ me { id } }'), ['Node.id', 'Query.me', 'User.id']);
});

test('fragments lead on, those that the operation reaches and no others', () => {
  const text = `
    query A { find { ...U } }
    query B { find { ... on Order { ...O } } }
    fragment U on User { name ...I }
    fragment I on Node { id }
    fragment O on Order { total }`;
  assert.deepEqual(coordinates(text, 'A'), ['Node.id', 'Order.id', 'Query.find', 'User.id', 'User.name']);
  assert.deepEqual(coordinates(text, 'B'), ['Order.total', 'Query.find']);
});
