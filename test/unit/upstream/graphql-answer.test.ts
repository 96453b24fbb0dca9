import assert from 'node:assert/strict';
import { test } from 'node:test';
import { GraphQLError, parse, type ExecutionResult } from 'graphql';
import { assembleAnswer } from '../../../src/upstream/facade/graphql/answer.ts';
import { rewriteEntities } from '../../../src/upstream/facade/graphql/rewrite.ts';
import { graphqlSourceSchema } from '../../../src/upstream/facade/graphql/source-schema.ts';

const sdl = `
  type Product { id: ID! name: String }
  type Query { product(id: ID!): Product products(ids: [ID!]!): [Product]! top: [Product!]! }
`;
const list = 'products(ids: [ID!]!): [Product]! @lookup';
const single = 'product(id: ID!): Product @lookup';

function answer(lookup: string, ids: readonly string[], result: ExecutionResult) {
  const overlay = parse(`extend type Query { ${lookup} }`);
  const { lookups } = graphqlSourceSchema({ name: 'products', upstreamSdl: parse(sdl), overlay, overlayFile: 'x' });
  const document = parse(
    'query ($r: [_Any!]!) { top { id } e: _entities(representations: $r) { ... on Product { name } } }',
  );
  const variables = { r: ids.map((id) => ({ __typename: 'Product', id })) };
  const rewritten = rewriteEntities(
    { document, variables },
    { upstream: 'products', lookups, possibleTypes: (a, b) => a === b },
  );
  const { data, errors } = assembleAnswer(rewritten, [result]);
  return { data, paths: errors?.map(({ path, message }) => [message, path]) };
}

const item = (id: unknown, name: string) => ({ _weft_type: 'Product', _weft_key0: id, name });
const failure = (...path: (string | number)[]) => [new GraphQLError('broken', { path })];

test('answers stand in the order of the representations, whatever order they came in', () => {
  const { data } = answer(list, ['1', '2', '3'], { data: { top: [], _weft_0: [item('3', 'c'), item(1, 'a')] } });
  assert.deepEqual(data, { top: [], e: [{ name: 'a' }, null, { name: 'c' }] });
});

test('an answer nobody asked for goes to nobody', () => {
  const { data } = answer(list, ['1'], {
    data: { top: [], _weft_0: [item('9', 'x'), item('1', 'a'), item('1', 'again')] },
  });
  assert.deepEqual(data?.['e'], [{ name: 'a' }]);
});

test('equal representations get entities of their own', () => {
  const { data } = answer(list, ['1', '1'], { data: { top: [], _weft_0: [item('1', 'a')] } });
  const [first, second] = (data?.['e'] ?? []) as object[];
  assert.deepEqual(first, second);
  assert.notEqual(first, second);
});

test('an entity of another type than asked for is no answer', () => {
  const { data } = answer(single, ['1'], { data: { top: [], _weft_0_0: { _weft_type: 'Maker', name: 'x' } } });
  assert.deepEqual(data?.['e'], [null]);
});

test('an error inside a single look-up stands at its representation', () => {
  const { paths } = answer(single, ['1', '2'], {
    data: { top: [], _weft_0_0: null, _weft_0_1: { _weft_type: 'Product', name: null } },
    errors: failure('_weft_0_1', 'name'),
  });
  assert.deepEqual(paths, [['broken', ['e', 1, 'name']]]);
});

test('an error inside a list stands at the representation of that item', () => {
  const { paths } = answer(list, ['1', '2'], {
    data: { top: [], _weft_0: [item('2', 'b'), item('1', 'a')] },
    errors: failure('_weft_0', 0, 'name'),
  });
  assert.deepEqual(paths, [['broken', ['e', 1, 'name']]]);
});

test('an error of a null item is told by its place where the list is complete', () => {
  const { paths } = answer(list, ['1', '2'], {
    data: { top: [], _weft_0: [item('1', 'a'), null] },
    errors: failure('_weft_0', 1),
  });
  assert.deepEqual(paths, [['broken', ['e', 1]]]);
});

test('an error of a null item in a shortened list stands at all that got nothing', () => {
  const { paths } = answer(list, ['1', '2', '3'], {
    data: { top: [], _weft_0: [null, item('2', 'b')] },
    errors: failure('_weft_0', 0),
  });
  assert.deepEqual(paths, [
    ['broken', ['e', 0]],
    ['broken', ['e', 2]],
  ]);
});

test('an error of equal representations stands at each', () => {
  const { paths } = answer(list, ['1', '1'], { data: { top: [], _weft_0: [null] }, errors: failure('_weft_0', 0) });
  assert.deepEqual(paths, [
    ['broken', ['e', 0]],
    ['broken', ['e', 1]],
  ]);
});

test('a list that failed as a whole fails for each representation', () => {
  const { data, paths } = answer(list, ['1', '2'], { data: { top: [], _weft_0: null }, errors: failure('_weft_0') });
  assert.deepEqual(data, { top: [], e: [null, null] });
  assert.deepEqual(paths, [
    ['broken', ['e', 0]],
    ['broken', ['e', 1]],
  ]);
});

test('an error that belongs to no missing entity is not lost', () => {
  const { paths } = answer(list, ['1'], {
    data: { top: [], _weft_0: [item('1', 'a')] },
    errors: failure('_weft_0', 7),
  });
  assert.deepEqual(paths, [['broken', ['e']]]);
});

test('errors of other root fields keep their path', () => {
  const { paths } = answer(list, ['1'], { data: { top: [null], _weft_0: [] }, errors: failure('top', 0) });
  assert.deepEqual(paths, [['broken', ['top', 0]]]);
});

test('an error without a path beside data stays without', () => {
  const { paths } = answer(list, ['1'], { data: { top: [], _weft_0: [] }, errors: [new GraphQLError('broken')] });
  assert.deepEqual(paths, [['broken', undefined]]);
});

test('a call without data fails each of its root fields', () => {
  const { data, paths } = answer(list, ['1', '2'], { data: null, errors: [new GraphQLError('broken')] });
  assert.deepEqual(data, { top: null, e: [null, null] });
  assert.deepEqual(paths, [
    ['broken', ['top']],
    ['broken', ['e', 0]],
    ['broken', ['e', 1]],
  ]);
});

test('a call without data keeps the path of the field that took it along', () => {
  const { paths } = answer(list, ['1'], { data: null, errors: failure('top', 3, 'id') });
  assert.deepEqual(paths, [
    ['broken', ['top', 3, 'id']],
    ['broken', ['e', 0]],
  ]);
});
