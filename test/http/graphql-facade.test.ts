import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { buildSchema, parse, type ExecutionResult, type GraphQLError } from 'graphql';
import type { UpstreamConfig } from '../../src/config/types.ts';
import { GatewayError } from '../../src/errors.ts';
import { createGraphqlFacade } from '../../src/upstream/facade/graphql/facade.ts';
import { graphqlSourceSchema } from '../../src/upstream/facade/graphql/source-schema.ts';
import type { Facade, RequestScope } from '../../src/upstream/types.ts';
import { cutOff, refusingUrl, startFakeUpstream, type FakeAnswer, type FakeHandler } from '../support/fake-upstream.ts';
import { connect, startGraphqlServer, testScope, type Connection, type GraphqlServer } from '../support/graphql-upstream.ts';

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
  const source = graphqlSourceSchema({ name: 'products', upstreamSdl: parse(upstreamSdl), overlay, overlayFile: 'overlay' });
  assert.deepEqual(source.problems, []);
  return createGraphqlFacade({ ...connection, lookups: source.lookups, upstreamSchema: source.upstreamSchema });
}

interface Asking {
  readonly query: string;
  readonly variables?: Readonly<Record<string, unknown>>;
  readonly scope?: RequestScope;
}

/** The result as JSON knows it, with what of the errors a client may see. */
async function ask(facade: Facade, { query, variables = {}, scope = testScope() }: Asking) {
  const result = await facade.execute({ document: parse(query), variables, scope });
  return { result, data: result.data, errors: (result.errors ?? []).map(shown) };
}

function shown({ message, path, extensions }: GraphQLError) {
  return { message, ...(path && { path }), ...extensions };
}

function originalOf({ errors }: ExecutionResult): GatewayError {
  const original = errors?.[0]?.originalError;
  assert.ok(original instanceof GatewayError);
  return original;
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
    test(`${promise} answers _entities in their order, in one call`, async () => {
      const facade = facadeOver(connection, lookup);
      const { data, errors, asked } = await askedFor(facade, {
        query: 'query ($r: [_Any!]!) { _entities(representations: $r) { __typename ... on Product { name } } }',
        variables: { r: keys.map((key) => ({ __typename: 'Product', ...key })) },
      });
      assert.deepEqual(errors, []);
      const [one, two] = ['1', '2'].map((id) => ({ __typename: 'Product', name: `product ${id}` }));
      assert.deepEqual(data, { _entities: [two, null, one, two] });
      assert.equal(asked.length, 1);
    });
  }

  test('types of one interface are looked up side by side', async () => {
    const { data } = await ask(facadeOver(connection, 'node(id: ID!): Node @lookup'), {
      query: `query ($r: [_Any!]!) { _entities(representations: $r) { ... on Product { name } ... on Maker { title } } }`,
      variables: { r: [{ __typename: 'Maker', id: 'm1' }, { __typename: 'Product', id: '1' }, { __typename: 'Maker', id: '1' }] },
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
        _v1_r: [{ __typename: 'Product', id: '3' }, { __typename: 'Product', id: '1' }],
        _v2_first: 1,
        _v0_upper: true,
      },
    });
    assert.deepEqual({ ...data }, {
      _v0__entities: [{ name: 'PRODUCT 1' }],
      _v1__entities: [{ maker: { title: 'Oak & Co' } }, { maker: { title: 'Oak & Co' } }],
      _v2_top: [{ id: '1' }],
      kind: 'Query',
    });
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
      variables: { r: [{ __typename: 'Shop', id: '1' }, { __typename: 'Product', id: '1' }] },
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
      assert.deepEqual(data, { e: [{ id: '3', broken: null }, { id: '1', broken: null }] });
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
    assert.deepEqual(errors.map(({ path }) => path), [['strict'], ['e', 0]]);
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

describe('answers that are hard to read', () => {
  async function answerTo(handler: FakeHandler, given: Partial<UpstreamConfig> = {}) {
    const server = await startFakeUpstream(handler);
    const connection = connect(server.url, given);
    try {
      return await ask(facadeOver(connection, ''), { query: '{ top { id } }' });
    } finally {
      await connection.close();
      await server.close();
    }
  }

  const response = { 'content-type': 'application/graphql-response+json' };
  const html = { 'content-type': 'text/html' };
  const good = { data: { top: [] } };
  const refused = { errors: [{ message: 'no', extensions: { code: 'BAD_TOKEN' } }] };

  const read: readonly (readonly [promise: string, answer: FakeAnswer, data: unknown, codes: readonly string[]])[] = [
    ['a GraphQL media type counts with 2xx', { json: good, headers: response }, { top: [] }, []],
    ['a GraphQL media type counts with 4xx', { status: 400, json: refused, headers: response }, null, ['BAD_TOKEN']],
    ['a GraphQL media type counts with 5xx, data and all', { status: 500, json: { ...good, ...refused }, headers: response }, { top: [] }, ['BAD_TOKEN']],
    ['plain JSON counts with 2xx', { json: good }, { top: [] }, []],
    ['parameters of the media type do not matter', { json: good, headers: { 'content-type': 'Application/JSON; charset=utf-8' } }, { top: [] }, []],
    ['a missing media type leaves it to the body', { body: JSON.stringify(good) }, { top: [] }, []],
    ['plain JSON with 4xx gives its errors', { status: 401, json: refused }, null, ['BAD_TOKEN']],
    ['plain JSON with 5xx gives its errors and data', { status: 502, json: { ...good, ...refused } }, { top: [] }, ['BAD_TOKEN']],
    ['data beside errors stays', { json: { data: { top: null }, ...refused } }, { top: null }, ['BAD_TOKEN']],
    ['a 401 of something else', { status: 401, body: 'no', headers: html }, null, ['UNAUTHENTICATED']],
    ['a 403 of something else', { status: 403, json: { error: 'x' } }, null, ['FORBIDDEN']],
    ['a 429 of something else', { status: 429, body: '' }, null, ['RATE_LIMITED']],
    ['a 503 of something else', { status: 503, body: '<h1>', headers: html }, null, ['UPSTREAM_FAILED']],
    ['a 500 with data alone', { status: 500, json: good }, null, ['UPSTREAM_FAILED']],
    ['a 404 of something else', { status: 404, body: '<h1>', headers: html }, null, ['UPSTREAM_BAD_RESPONSE']],
    ['a redirect', { status: 302, headers: { location: '/login' } }, null, ['UPSTREAM_BAD_RESPONSE']],
    ['an HTML page with 200', { body: '<h1>', headers: html }, null, ['UPSTREAM_BAD_RESPONSE']],
    ['no body', { body: '', headers: response }, null, ['UPSTREAM_BAD_RESPONSE']],
    ['half a body', { body: '{"data":{"to', headers: response }, null, ['UPSTREAM_BAD_RESPONSE']],
    ['a list', { json: [good] }, null, ['UPSTREAM_BAD_RESPONSE']],
    ['null', { json: null }, null, ['UPSTREAM_BAD_RESPONSE']],
    ['neither data nor errors', { json: {} }, null, ['UPSTREAM_BAD_RESPONSE']],
    ['null data without errors', { json: { data: null } }, null, ['UPSTREAM_BAD_RESPONSE']],
    ['no data and an empty list of errors', { json: { errors: [] } }, null, ['UPSTREAM_BAD_RESPONSE']],
    ['data that is a text', { json: { data: 'x' } }, null, ['UPSTREAM_BAD_RESPONSE']],
    ['data that is a list', { json: { data: [] } }, null, ['UPSTREAM_BAD_RESPONSE']],
    ['data that is a list beside errors', { json: { data: [], ...refused } }, null, ['UPSTREAM_BAD_RESPONSE']],
    ['errors that are no list', { json: { errors: 'x' } }, null, ['UPSTREAM_ERROR']],
    ['errors of any shape', { json: { errors: [null, 'x', 7, [], {}, { message: 7, path: 'a', extensions: null }] } }, null, Array<string>(6).fill('UPSTREAM_ERROR')],
    ['a code that is no code', { json: { errors: [{ message: 'x', extensions: { code: 'a b' } }, { extensions: { code: 5 } }, { extensions: { code: 'x'.repeat(65) } }] } }, null, Array<string>(3).fill('UPSTREAM_ERROR')],
  ];
  for (const [promise, given, data, codes] of read) {
    test(promise, async () => {
      const { result, errors } = await answerTo(() => given);
      assert.deepEqual(result.data, data);
      assert.deepEqual(errors.map((error) => Reflect.get(error, 'code') as unknown), codes);
      for (const error of errors) assert.equal(Reflect.get(error, 'upstream'), 'products');
    });
  }

  test('an unusable answer names upstream and status in the log, and neither body nor reason to the client', async () => {
    const { result, errors } = await answerTo(() => ({ status: 200, body: '<h1>secret</h1>', headers: html }));
    assert.deepEqual(errors, [
      { message: 'A service gave an unusable answer.', code: 'UPSTREAM_BAD_RESPONSE', upstream: 'products', upstreamStatus: 200 },
    ]);
    assert.match(originalOf(result).message, /"products".*status 200.*text\/html/);
    assert.doesNotMatch(originalOf(result).message, /secret/);
  });

  test('paths stay as the upstream gave them, save those that lead to fields nobody asked for', async () => {
    const paths = [['top', 0, 'id'], ['other', 1], [], [0, 'top'], ['top', null], 'top', undefined];
    const { errors } = await answerTo(() => ({ json: { data: { top: null }, errors: paths.map((path) => ({ message: 'x', path })) } }));
    assert.deepEqual(errors.map(({ path }) => path), [['top', 0, 'id'], ...Array<undefined>(6).fill(undefined)]);
  });

  const own = { json: { errors: [{ message: 'card 4711 refused', reason: { text: 'No money' }, extensions: { code: 'CARD', hints: ['a'] } }] } };

  test('the upstream\'s own text stays in the log', async () => {
    const { result, errors } = await answerTo(() => own);
    assert.deepEqual(errors, [{ message: 'A service answered with an error.', code: 'CARD', upstream: 'products' }]);
    assert.equal(originalOf(result).message, 'card 4711 refused');
    assert.equal(originalOf(result).code, 'UPSTREAM_ERROR');
  });

  test('the configuration lets message, code and details through', async () => {
    const exposed = { message: 'reason.text', code: 'extensions.missing', details: 'extensions.hints' };
    const { errors } = await answerTo(() => own, { errors: exposed });
    assert.deepEqual(errors, [{ message: 'No money', code: 'CARD', upstream: 'products', details: ['a'] }]);
  });

  test('a message that is no text is not let through', async () => {
    const { errors } = await answerTo(() => own, { errors: { message: 'reason' } });
    assert.equal(errors[0]?.message, 'A service answered with an error.');
  });

  test('an answer that is cut off is an error, not a rejection', async () => {
    const { errors } = await answerTo((call) => cutOff(call));
    assert.equal(Reflect.get(errors[0] ?? {}, 'code'), 'UPSTREAM_BAD_RESPONSE');
  });

  test('an upstream that is not there is an error', async () => {
    const connection = connect(await refusingUrl());
    const { data, errors } = await ask(facadeOver(connection, 'product(id: ID!): Product @lookup'), {
      query: 'query ($r: [_Any!]!) { e: _entities(representations: $r) { __typename } }',
      variables: { r: [{ __typename: 'Product', id: '1' }] },
    });
    assert.deepEqual(data, { e: [null] });
    assert.deepEqual(errors.map(({ path }) => path), [['e', 0]]);
    assert.equal(Reflect.get(errors[0] ?? {}, 'code'), 'UPSTREAM_UNREACHABLE');
    await connection.close();
  });

  test('a client that leaves ends the call, and the result says so', async () => {
    const leave = new AbortController();
    const { errors } = await (async () => {
      const server = await startFakeUpstream(() => leave.abort());
      const connection = connect(server.url);
      const answer = await ask(facadeOver(connection, ''), { query: '{ top { id } }', scope: testScope(leave.signal) });
      assert.equal(await server.requests[0]?.closed, false);
      await connection.close();
      await server.close();
      return answer;
    })();
    assert.equal(Reflect.get(errors[0] ?? {}, 'code'), 'CLIENT_CLOSED_REQUEST');
  });

  test('variables that are no JSON are an error of ours', async () => {
    const connection = connect('http://127.0.0.1:9');
    const { errors } = await ask(facadeOver(connection, ''), { query: '{ top { id } }', variables: { big: 1n } });
    assert.equal(Reflect.get(errors[0] ?? {}, 'code'), 'INTERNAL_ERROR');
    await connection.close();
  });
});
