import assert from 'node:assert/strict';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { parse } from 'graphql';
import { compose } from '../../src/composition/compose.ts';
import { startGraphql } from '../../upstreams/demo/graphql-server.ts';
import { createSubgraphSchema, type Representation } from '../../upstreams/demo/subgraph.ts';
import { start as startReviews } from '../../upstreams/reviews.server.ts';
import { makeFolder, runWeft } from '../support/run-weft.ts';
import { graphqlClient } from '../support/start-gateway.ts';

const shelfSdl = /* GraphQL */ `
  extend schema @link(url: "https://specs.apollo.dev/federation/v2.3", import: ["@key"])

  type Product @key(fields: "id") {
    id: ID!
    shelf: String
  }

  type Query {
    shelves: [String!]!
  }
`;

test('a supergraph file runs with no folder: upstreams are where join__graph says', async (t) => {
  const shelfSchema = createSubgraphSchema({
    sdl: shelfSdl,
    resolvers: {
      Query: { shelves: () => ['A', 'B'] },
      Product: { shelf: ({ id }: { readonly id: string }) => (Number(id) % 2 === 0 ? 'A' : 'B') },
    },
    entities: { Product: ({ id }: Representation) => ({ id }) },
  });
  const [reviews, shelf] = await Promise.all([startReviews(), startGraphql('shelf', shelfSchema)]);
  t.after(async () => Promise.all([reviews.close(), shelf.close()]));
  const sdl = await serviceSdl(reviews.url);
  const supergraph = compose([
    { name: 'reviews', file: 'reviews', sdl: parse(sdl), url: reviews.url },
    { name: 'shelf', file: 'shelf', sdl: parse(shelfSdl), url: shelf.url },
  ]);

  const cwd = await makeFolder(t, { 'supergraph.graphql': supergraph });
  const running = runWeft(t, ['start', '--supergraph', 'supergraph.graphql', '--port', '0'], { cwd });
  const [, url = ''] = await running.printed(/GraphQL +(http:\S+)/);
  await running.printed(new RegExp(`shelf +federation +${shelf.url}`));
  shelf.requests.length = 0;

  const query = graphqlClient(url);
  const { data, errors } = await query(
    '{ shelves latestReviews(first: 3) { rating product { id shelf averageRating } } }',
  );
  assert.deepEqual(errors, []);
  const { latestReviews } = data as { latestReviews: readonly { product: { id: string; shelf: string } }[] };
  const products = latestReviews.map(({ product }) => product);
  assert.deepEqual(
    products.map(({ shelf: found }) => found),
    products.map(({ id }) => (Number(id) % 2 === 0 ? 'A' : 'B')),
  );
  assert.equal(shelf.requests.length, 2);

  await shelf.close();
  const partial = await query('{ latestReviews(first: 1) { rating product { shelf } } }');
  assert.equal(JSON.stringify(partial.data).includes('"shelf":null'), true);
  assert.deepEqual(
    [partial.errors[0]?.extensions['code'], partial.errors[0]?.extensions['upstream']],
    ['UPSTREAM_UNREACHABLE', 'shelf'],
  );

  running.kill('SIGTERM');
  assert.equal((await running.ended).code, 0);
  assert.deepEqual(await readdir(join(cwd)), ['supergraph.graphql']);
});

async function serviceSdl(url: string): Promise<string> {
  const { data } = await graphqlClient(url)('{ _service { sdl } }');
  return (data as { readonly _service: { readonly sdl: string } })._service.sdl;
}
