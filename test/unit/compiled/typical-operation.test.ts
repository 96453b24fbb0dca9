import assert from 'node:assert/strict';
import { test } from 'node:test';
import { buildSchema, print, validate } from 'graphql';
import { typicalOperation } from '../../../src/compiled/typical-operation.ts';

test('asks two levels of the first root field that gives objects', () => {
  const schema = buildSchema(`
    type Query { version: String book(id: ID!): Book }
    type Book { title: String author: Author }
    type Author { name: String books: [Book!]! }
  `);
  const document = typicalOperation(schema);
  assert.ok(document);
  assert.deepEqual(validate(schema, document), []);
  assert.equal(
    print(document).replaceAll(/\s+/g, ' '),
    'query book_query($id: ID!) { book(id: $id) { title author { name } } }',
  );
});

test('there is none where no root field gives objects', () => {
  assert.equal(typicalOperation(buildSchema('type Query { version: String }')), undefined);
});
