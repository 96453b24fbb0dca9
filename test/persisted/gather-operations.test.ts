import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { buildSchema } from 'graphql';
import { gatherOperations, type Gathered } from '../../src/persisted/gather-operations.ts';
import { readManifest } from '../../src/persisted/manifest.ts';
import { sha256 } from '../../src/persisted/normal-form.ts';
import { manifestFormats, printManifest } from '../../src/persisted/print-manifest.ts';

const schema = buildSchema(`
  type Query { user(id: ID!): User node: User }
  type Mutation { rename(name: String): User }
  type User { id: ID! name: String friends: [User!] }
`);

const gather = (files: Readonly<Record<string, string>>): Gathered =>
  gatherOperations(
    Object.entries(files).map(([file, text]) => ({ file, text })),
    schema,
  );

const files = {
  'a.graphql': `
    # Who is there
    query User($id: ID!) { user(id: $id) { ...Name, friends { ...Id } } }
    fragment Id on User { id }`,
  'b.graphql': `fragment Name on User { name ...Id } mutation Rename { rename(name: "a  b") { ...Name } }`,
  'c.graphql': 'fragment Unused on User { friends { id } } query Node { node { id } }',
};

describe('operations of files', () => {
  test('get the fragments that they need, whichever files these stand in, and no others', () => {
    const { operations, problems } = gather(files);
    assert.deepEqual(problems, []);
    assert.deepEqual(operations, [
      { name: 'Node', type: 'query', text: 'query Node{node{id}}' },
      {
        name: 'Rename',
        type: 'mutation',
        text: 'mutation Rename{rename(name:"a  b"){...Name}}fragment Id on User{id}fragment Name on User{name ...Id}',
      },
      {
        name: 'User',
        type: 'query',
        text: 'query User($id:ID!){user(id:$id){...Name friends{...Id}}}fragment Id on User{id}fragment Name on User{name ...Id}',
      },
    ]);
  });

  test('are the same in whichever order the files come', () => {
    const reversed = Object.fromEntries(Object.entries(files).toReversed());
    assert.deepEqual(gather(reversed), gather(files));
  });

  test('may need a fragment by very many ways', () => {
    const fragments = Array.from({ length: 40 }, (_, index) => {
      const next = index < 39 ? `friends { ...F${index + 1} } ...F${index + 1}` : 'id';
      return `fragment F${index} on User { ${next} }`;
    });
    const { operations } = gather({ 'a.graphql': `query A { node { ...F0 } } ${fragments.join(' ')}` });
    assert.equal(operations[0]?.text.match(/fragment F/g)?.length, 40);
  });

  const refusals: readonly (readonly [
    what: string,
    files: Readonly<Record<string, string>>,
    problems: readonly string[],
  ])[] = [
    [
      'without a name',
      { 'a.graphql': '\n  { node { id } }' },
      ['a.graphql:2:3: expected a name for each operation, but got a query without one'],
    ],
    [
      'of one name',
      { 'a.graphql': 'query A { node { id } }', 'b.graphql': 'query B { node { id } }\nmutation A { rename { id } }' },
      ['b.graphql:2:10: expected one operation "A", but got another one at a.graphql:1:7'],
    ],
    [
      'with fragments of one name',
      {
        'a.graphql': 'query A { node { ...F } } fragment F on User { id }',
        'b.graphql': 'fragment F on User { name }',
      },
      ['b.graphql:1:10: expected one fragment "F", but got another one at a.graphql:1:36'],
    ],
    [
      'with an unknown fragment',
      { 'a.graphql': 'query A { node { ...F } }' },
      ['a.graphql:1:21: Unknown fragment "F".'],
    ],
    [
      'that do not fit the schema, in all files',
      { 'b.graphql': 'query B { node { age } }', 'a.graphql': 'query A {\n  user { id }\n  other\n}' },
      [
        'a.graphql:2:3: Argument "Query.user(id:)" of type "ID!" is required, but it was not provided.',
        'a.graphql:3:3: Cannot query field "other" on type "Query". Did you mean "user"?',
        'b.graphql:1:18: Cannot query field "age" on type "User". Did you mean "name"?',
      ],
    ],
    [
      'with a fragment of another file that needs a variable',
      { 'a.graphql': 'query A { ...F }', 'b.graphql': 'fragment F on Query { user(id: $id) { id } }' },
      ['b.graphql:1:32: Variable "$id" is not defined by operation "A".'],
    ],
    [
      'in files that cannot be read, without what follows of that',
      { 'a.graphql': 'query A { node { ...F } }', 'b.graphql': 'fragment F on User {\n  id\n', 'c.graphql': 'query }' },
      [
        'b.graphql:3:1: Syntax Error: Expected Name, found <EOF>.',
        'c.graphql:1:7: Syntax Error: Expected "{", found "}".',
      ],
    ],
    [
      'beside a schema',
      { 'a.graphql': 'query A { node { id } }\ntype Query { a: Int }' },
      ['a.graphql:2:1: expected operations and fragments, but got: ObjectTypeDefinition'],
    ],
  ];
  for (const [what, of, problems] of refusals) {
    test(`${what} are refused, each at its place`, () => {
      assert.deepEqual(gather(of), { operations: [], problems });
    });
  }
});

describe('a manifest that is printed', () => {
  const { operations } = gather(files);
  for (const format of manifestFormats) {
    test(`in the format ${format} is read back, with the SHA-256 of each text as its id`, async () => {
      const read = await readManifest(printManifest(operations, format), () => undefined);
      assert.deepEqual(
        read.map(({ id, known }) => [id, known.text]),
        operations.map(({ text }) => [sha256(text), text]),
      );
    });
  }
});
