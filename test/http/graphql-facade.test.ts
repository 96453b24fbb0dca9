import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { buildSchema, parse } from 'graphql';
import { createGraphqlFacade } from '../../src/upstream/facade/graphql/facade.ts';
import { graphqlSourceSchema } from '../../src/upstream/facade/graphql/source-schema.ts';
import type { Facade } from '../../src/upstream/types.ts';
import { refusingUrl } from '../support/fake-upstream.ts';
import {
  ask,
  connect,
  startGraphqlServer,
  testScope,
  type Asking,
  type Connection,
  type GraphqlServer,
} from '../support/graphql-upstream.ts';
import { onlyCall, recorded } from '../support/recorded.ts';

const sdl = `
  interface Node { id: ID! }
  type Product implements Node {
    id: ID!
    sku: String!
    region: Region!
    name(upper: Boolean = false): String
    maker: Maker
    broken: String
  }
  type Maker implements Node { id: ID! title: String }
  enum Region { EU US }
  input ProductKey { sku: String! region: Region! }
  type Query {
    product(id: ID!): Product
    products(ids: [ID!]!): [Product]!
    productsFound(ids: [ID!]!): [Product!]!
    productBySku(sku: String!, region: Region!): Product
    productByKey(key: ProductKey!): Product
    productsByKeys(keys: [ProductKey!]!): [Product]!
    node(id: ID!): Node
    top(first: Int = 2): [Product!]!
    strict: String!
  }
  type Mutation { rename(id: ID!, name: String!): Product }
`;

type Item = Readonly<Record<string, unknown>>;

const maker = { __typename: 'Maker', id: 'm1', title: 'Oak & Co' };
const items = ['1', '2', '3'].map((id): Item => ({
  __typename: 'Product',
  id,
  sku: `sku-${id}`,
  region: id === '3' ? 'US' : 'EU',
  name: ({ upper }: { upper: boolean }) => (upper ? `PRODUCT ${id}` : `product ${id}`),
  maker,
  broken: () => {
    throw new Error(`secret of product ${id}`);
  },
}));

interface Key {
  readonly sku: string;
  readonly region: string;
}

const byId = (id: string) => items.find((item) => item['id'] === id) ?? null;
const byKey = ({ sku, region }: Key) => items.find((item) => item['sku'] === sku && item['region'] === region) ?? null;

const rootValue = {
  product: ({ id }: { id: string }) => byId(id),
  products: ({ ids }: { ids: string[] }) => ids.map(byId),
  productsFound: ({ ids }: { ids: string[] }) => items.toReversed().filter((item) => ids.includes(String(item['id']))),
  productBySku: byKey,
  productByKey: ({ key }: { key: Key }) => byKey(key),
  productsByKeys: ({ keys }: { keys: Key[] }) => keys.map(byKey),
  node: ({ id }: { id: string }) => (id === 'm1' ? maker : byId(id)),
  top: ({ first }: { first: number }) => items.slice(0, first),
  strict: () => null,
  rename: ({ id, name }: { id: string; name: string }) => ({ ...byId(id), name }),
};

function facadeOver(connection: Connection, lookups: string, upstreamSdl = sdl): Facade {
  const overlay = lookups === '' ? undefined : parse(`extend type Query { ${lookups} }`);
  const source = graphqlSourceSchema({
    name: 'products',
    upstreamSdl: parse(upstreamSdl),
    overlay,
    overlayFile: 'overlay',
  });
  assert.deepEqual(source.problems, []);
  return createGraphqlFacade({ ...connection, lookups: source.lookups, upstreamSchema: source.upstreamSchema });
}

describe('look-ups over a real server', () => {
  let server: GraphqlServer;
  let connection: Connection;
  before(async () => {
    server = await startGraphqlServer(buildSchema(sdl), rootValue);
    connection = connect(server.url);
  });
  after(async () => {
    await connection.close();
    await server.close();
  });

  async function askedFor(facade: Facade, asking: Asking) {
    const earlier = server.asked.length;
    const answer = await ask(facade, asking);
    return { ...answer, asked: server.asked.slice(earlier) };
  }

  const byIds = [{ id: '2' }, { id: '9' }, { id: '1' }, { id: '2' }];
  const bySku = [
    { sku: 'sku-2', region: 'EU' },
    { sku: 'sku-3', region: 'EU' },
    { sku: 'sku-1', region: 'EU' },
    { sku: 'sku-2', region: 'EU' },
  ];
  const forms: readonly (readonly [promise: string, lookup: string, keys: readonly Item[]])[] = [
    ['a single look-up', 'product(id: ID!): Product @lookup', byIds],
    ['a list look-up that answers place by place', 'products(ids: [ID!]!): [Product]! @lookup', byIds],
    ['a list look-up that returns what it found', 'productsFound(ids: [ID!]!): [Product!]! @lookup', byIds],
    ['a look-up through an interface', 'node(id: ID!): Node @lookup', byIds],
    ['a look-up with two arguments', 'productBySku(sku: String!, region: Region!): Product @lookup', bySku],
    ['a look-up with an input object', 'productByKey(key: ProductKey!): Product @lookup', bySku],
    ['a list look-up with input objects', 'productsByKeys(keys: [ProductKey!]!): [Product]! @lookup', bySku],
  ];
  for (const [promise, lookup, keys] of forms) {
    test(`${promise} answers _entities in their order, in one call that is told as a batch of its keys`, async () => {
      const facade = facadeOver(connection, lookup);
      const { record, scope } = recorded();
      const { data, errors, asked } = await askedFor(facade, {
        query: 'query ($r: [_Any!]!) { _entities(representations: $r) { __typename ... on Product { name } } }',
        variables: { r: keys.map((key) => ({ __typename: 'Product', ...key })) },
        scope,
      });
      assert.equal(onlyCall(record).batch, 3);
      assert.deepEqual(errors, []);
      const [one, two] = ['1', '2'].map((id) => ({ __typename: 'Product', name: `product ${id}` }));
      assert.deepEqual(data, { _entities: [two, null, one, two] });
      assert.equal(asked.length, 1);
    });
  }

  test('types of one interface are looked up side by side', async () => {
    const { data } = await ask(facadeOver(connection, 'node(id: ID!): Node @lookup'), {
      query: `query ($r: [_Any!]!) { _entities(representations: $r) { ... on Product { name } ... on Maker { title } } }`,
      variables: {
        r: [
          { __typename: 'Maker', id: 'm1' },
          { __typename: 'Product', id: '1' },
          { __typename: 'Maker', id: '1' },
        ],
      },
    });
    assert.deepEqual(data, { _entities: [{ title: 'Oak & Co' }, { name: 'product 1' }, null] });
  });

  test('several _entities fields and other root fields are one call', async () => {
    const { data, asked } = await askedFor(facadeOver(connection, 'products(ids: [ID!]!): [Product]! @lookup'), {
      query: `query Page($_v0_r: [_Any!]!, $_v1_r: [_Any!]!, $_v2_first: Int, $_v0_upper: Boolean) {
        _v0__entities: _entities(representations: $_v0_r) { ... on Product { name(upper: $_v0_upper) } }
        _v1__entities: _entities(representations: $_v1_r) { ...on Product { ...Maker } }
        _v2_top: top(first: $_v2_first) { id }
        kind: __typename
      }
      fragment Maker on Product { maker { title } }`,
      variables: {
        _v0_r: [{ __typename: 'Product', id: '1' }],
        _v1_r: [
          { __typename: 'Product', id: '3' },
          { __typename: 'Product', id: '1' },
        ],
        _v2_first: 1,
        _v0_upper: true,
      },
    });
    assert.deepEqual(
      { ...data },
      {
        _v0__entities: [{ name: 'PRODUCT 1' }],
        _v1__entities: [{ maker: { title: 'Oak & Co' } }, { maker: { title: 'Oak & Co' } }],
        _v2_top: [{ id: '1' }],
        kind: 'Query',
      },
    );
    assert.equal(asked.length, 1);
    assert.equal(asked[0]?.operationName, 'Page');
  });

  test('no representations are no call', async () => {
    const { data, asked } = await askedFor(facadeOver(connection, 'product(id: ID!): Product @lookup'), {
      query: 'query ($r: [_Any!]!) { _entities(representations: $r) { __typename } }',
      variables: { r: [] },
    });
    assert.deepEqual(data, { _entities: [] });
    assert.equal(asked.length, 0);
  });

  test('a representation that nothing finds fails alone', async () => {
    const { data, errors } = await ask(facadeOver(connection, 'product(id: ID!): Product @lookup'), {
      query: 'query ($r: [_Any!]!) { _entities(representations: $r) { ... on Product { id } } }',
      variables: {
        r: [
          { __typename: 'Shop', id: '1' },
          { __typename: 'Product', id: '1' },
        ],
      },
    });
    assert.deepEqual(data, { _entities: [null, { id: '1' }] });
    assert.deepEqual(errors, [
      { message: 'The gateway failed.', path: ['_entities', 0], code: 'INTERNAL_ERROR', upstream: 'products' },
    ]);
  });

  for (const lookup of ['product(id: ID!): Product @lookup', 'productsFound(ids: [ID!]!): [Product!]! @lookup']) {
    test(`an error below ${lookup.split('(', 1)[0] ?? ''} stands at its representation`, async () => {
      const { data, errors } = await ask(facadeOver(connection, lookup), {
        query: `query ($r: [_Any!]!, $with: Boolean!) { e: _entities(representations: $r) {
          ... on Product { id broken @include(if: $with) }
        } }`,
        variables: { r: ['3', '1'].map((id) => ({ __typename: 'Product', id })), with: true },
      });
      assert.deepEqual(data, {
        e: [
          { id: '3', broken: null },
          { id: '1', broken: null },
        ],
      });
      assert.deepEqual(
        errors.toSorted((a, b) => Number(a.path?.[1]) - Number(b.path?.[1])),
        [0, 1].map((at) => ({
          message: 'A service answered with an error.',
          path: ['e', at, 'broken'],
          code: 'UPSTREAM_ERROR',
          upstream: 'products',
        })),
      );
    });
  }

  test('a root field that takes the data along leaves an error at every field of the call', async () => {
    const { data, errors } = await ask(facadeOver(connection, 'product(id: ID!): Product @lookup'), {
      query: 'query ($r: [_Any!]!) { strict e: _entities(representations: $r) { ... on Product { id } } }',
      variables: { r: [{ __typename: 'Product', id: '1' }] },
    });
    assert.deepEqual(data, { strict: null, e: [null] });
    assert.deepEqual(
      errors.map(({ path }) => path),
      [['strict'], ['e', 0]],
    );
  });

  test('mutations and queries without _entities pass as they are', async () => {
    const facade = facadeOver(connection, '');
    const { data, asked } = await askedFor(facade, {
      query: 'mutation Rename($name: String!) { rename(id: "1", name: $name) { name } }',
      variables: { name: 'new' },
    });
    assert.deepEqual({ ...data }, { rename: { name: 'new' } });
    assert.match(asked[0]?.query ?? '', /^mutation Rename\(\$name: String!\)/);
    assert.deepEqual((await ask(facade, { query: '{ top { id } }' })).data?.['top'], [{ id: '1' }, { id: '2' }]);
  });

  test('response headers of the call are collected', async () => {
    const scope = testScope();
    await ask(facadeOver(connection, ''), { query: '{ top { id } }', scope });
    assert.deepEqual(scope.responseHeaders.entries(), [['x-from', 'products']]);
  });

  test('the media types of GraphQL over HTTP are asked for', () => {
    const { headers, method } = server.calls[0] ?? assert.fail('no call');
    assert.equal(method, 'POST');
    assert.equal(headers.accept, 'application/graphql-response+json, application/json;q=0.9');
    assert.equal(headers['content-type'], 'application/json');
  });
});

test('a server with root types of its own names is asked by its names and answers by ours', async () => {
  const own = 'schema { query: Root } type Root { self: Root! a(id: ID!): A } type A { id: ID! }';
  const root = { self: () => root, a: ({ id }: { id: string }) => ({ id }) };
  const server = await startGraphqlServer(buildSchema(own), root);
  const connection = connect(server.url);
  const { data, errors } = await ask(facadeOver(connection, 'a(id: ID!): A @lookup', own), {
    query: `query ($r: [_Any!]!) {
      kind: __typename
      ... on Query { self { ... on Query { a(id: 2) { id } } } }
      _entities(representations: $r) { ... on A { id } }
    }`,
    variables: { r: [{ __typename: 'A', id: '1' }] },
  });
  assert.deepEqual(errors, []);
  assert.deepEqual({ ...data }, { kind: 'Query', self: { a: { id: '2' } }, _entities: [{ id: '1' }] });
  await connection.close();
  await server.close();
});

test('an upstream that is not there is an error', async () => {
  const connection = connect(await refusingUrl());
  const { data, errors } = await ask(facadeOver(connection, 'product(id: ID!): Product @lookup'), {
    query: 'query ($r: [_Any!]!) { e: _entities(representations: $r) { __typename } }',
    variables: { r: [{ __typename: 'Product', id: '1' }] },
  });
  assert.deepEqual(data, { e: [null] });
  assert.deepEqual(
    errors.map(({ path }) => path),
    [['e', 0]],
  );
  assert.equal(Reflect.get(errors[0] ?? {}, 'code'), 'UPSTREAM_UNREACHABLE');
  await connection.close();
});
