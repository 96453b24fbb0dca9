import assert from 'node:assert/strict';
import { test } from 'node:test';
import { makeExecutableSchema } from '@graphql-tools/schema';
import { SignJWT } from 'jose';
import { startGraphql } from '../../upstreams/demo/graphql-server.ts';
import { listen, RequestLog, type DemoServer } from '../../upstreams/demo/server.ts';
import { createSubgraphSchema } from '../../upstreams/demo/subgraph.ts';
import { makeFolder } from '../support/run-weft.ts';
import { engines, environmentOf, startGateway, type GraphqlAnswer } from '../support/start-gateway.ts';

const secret = 'a secret that is as long as thirty-two bytes';

const files = {
  'gateway.yaml': `port: 0
identity: { anonymous: true, providers: [{ kind: jwt, algorithms: [HS256], keys: { secret: '${secret}' } }] }
graphql: { graphiql: false }`,
  'upstreams/books.yaml': "kind: rest\ntargets: ['${BOOKS_URL}']",
  'upstreams/films.yaml': "kind: graphql\ntargets: ['${FILMS_URL}']",
  'upstreams/stock.yaml': "kind: federation\ntargets: ['${STOCK_URL}']",
  'schema/books.graphql': /* GraphQL */ `
    interface Asset @requiresScopes(scopes: [["assets"]]) { label: String }
    type Book implements Asset @key(fields: "id") { id: ID! label: String price: Money }
    scalar Money @requiresScopes(scopes: [["money"], ["admin"]])
    type Query { book(id: ID!): Book }
  `,
  'schema/films.graphql': /* GraphQL */ `
    type Film { label: String @requiresScopes(scopes: [["films"]]) }
    scalar Money @requiresScopes(scopes: [["prices"]])
  `,
  'schema/gateway.graphql': /* GraphQL */ `
    extend type Book @requiresScopes(scopes: [["shop"]]) { note: String @authenticated }
  `,
  'resolvers/books.ts': `import { rest } from 'weft';
const books = rest('books');
export const Book = books.entity({ key: 'id', one: books.get('/books/{id}'), fields: { note: 'remark' } });
export const Query = { book: Book.one() };`,
};

async function startBooks(): Promise<DemoServer> {
  const log = new RequestLog();
  return listen(
    ({ method = 'GET', url: path = '/', headers }, response) => {
      log.add({ method, path, headers, body: '' });
      response.setHeader('content-type', 'application/json');
      response.end(JSON.stringify({ id: '1', label: 'Dune', price: '9.50', remark: 'worn' }));
    },
    { log, path: '' },
  );
}

const startFilms = (): Promise<DemoServer> =>
  startGraphql(
    'films',
    makeExecutableSchema({
      typeDefs: `interface Asset { label: String } type Film implements Asset { label: String price: Money } scalar Money
        type Query { film: Film }`,
      resolvers: { Query: { film: () => ({ label: 'Alien', price: '5' }) } },
    }),
  );

const startStock = (): Promise<DemoServer> =>
  startGraphql(
    'stock',
    createSubgraphSchema({
      sdl: `extend schema @link(url: "https://specs.apollo.dev/federation/v2.9", import: ["@key", "@requiresScopes"])
        scalar federation__Scope
        directive @requiresScopes(scopes: [[federation__Scope!]!]!) on FIELD_DEFINITION | OBJECT | INTERFACE | SCALAR | ENUM
        interface Asset { label: String }
        type Disc implements Asset { label: String }
        type Book @key(fields: "id") { id: ID! count: Int @requiresScopes(scopes: [["stock"]]) }
        type Query { disc: Disc asset: Asset }`,
      resolvers: {
        Query: { disc: () => ({ label: 'Low' }), asset: () => ({ __typename: 'Disc', label: 'Low' }) },
        Book: { count: () => 3 },
      },
      entities: { Book: ({ id }) => ({ id }) },
    }),
  );

const query = '{ book(id: "1") { label note price count } film { label price } disc { label } asset { label } }';

const nothing = { book: null, film: null, disc: null, asset: null };
const disc = { label: 'Low' };

/** What a caller with these scopes reads; undefined: an anonymous one. */
const readers: readonly (readonly [scopes: string | undefined, data: Readonly<Record<string, unknown>>])[] = [
  [undefined, nothing],
  ['', nothing],
  ['shop films money prices stock', nothing],
  ['assets', { book: null, film: { label: null, price: null }, disc, asset: disc }],
  [
    'assets shop films money',
    {
      book: { label: 'Dune', note: 'worn', price: null, count: null },
      film: { label: 'Alien', price: null },
      disc,
      asset: disc,
    },
  ],
  [
    'assets shop prices admin',
    {
      book: { label: 'Dune', note: 'worn', price: '9.50', count: null },
      film: { label: null, price: '5' },
      disc,
      asset: disc,
    },
  ],
  [
    'assets shop films money prices stock',
    {
      book: { label: 'Dune', note: 'worn', price: '9.50', count: 3 },
      film: { label: 'Alien', price: '5' },
      disc,
      asset: disc,
    },
  ],
];

for (const engine of engines) {
  test(`guards of a REST, a GraphQL and a federation upstream and of the gateway hold together (${engine})`, async (t) => {
    const dir = await makeFolder(t, files);
    const servers = await Promise.all([startBooks(), startFilms(), startStock()]);
    t.after(async () => Promise.all(servers.map(async ({ close }) => close())));
    const [books, films, stock] = servers;
    const env = environmentOf({ books: books.url, films: films.url, stock: stock.url });
    const running = await startGateway({ dir, env, gateway: { engine } });
    t.after(running.close);

    const ask = async (scopes: string | undefined): Promise<GraphqlAnswer> => {
      for (const { requests } of servers) requests.length = 0;
      if (scopes === undefined) return running.query(query);
      const token = await new SignJWT({ scope: scopes })
        .setProtectedHeader({ alg: 'HS256' })
        .setSubject('ann')
        .setExpirationTime('1h')
        .sign(new TextEncoder().encode(secret));
      return running.query(query, {}, { authorization: `Bearer ${token}` });
    };

    for (const [scopes, data] of readers) {
      await t.test(scopes === undefined ? 'for anonymous callers' : `for the scopes "${scopes}"`, async () => {
        const answer = await ask(scopes);
        assert.deepEqual(answer.data, data);
        const codes = new Set(answer.errors.map(({ extensions }) => extensions['code']));
        assert.deepEqual([...codes], JSON.stringify(data).includes('null') ? ['UNAUTHORIZED_FIELD_OR_TYPE'] : []);
      });
    }

    await t.test('and what is denied is not asked for', async () => {
      await ask(undefined);
      assert.deepEqual(
        servers.map(({ requests }) => requests.length),
        [0, 0, 0],
      );
      await ask('assets shop');
      const bodies = (server: DemoServer): string => server.requests.map(({ body }) => body).join('\n');
      assert.equal(books.requests.length, 1);
      assert.doesNotMatch(bodies(films), /label|price/);
      assert.match(bodies(stock), /label/);
      assert.doesNotMatch(bodies(stock), /count/);
    });
  });
}
