import { GraphQLError } from 'graphql';
import { startGraphql } from '../../upstreams/demo/graphql-server.ts';
import { createSubgraphSchema } from '../../upstreams/demo/subgraph.ts';
import { startFakeUpstream, type FakeAnswer, type FakeCall } from './fake-upstream.ts';

/** Upstreams that repeat all that they get, in answers and in errors, each in its own way to fail. */

export interface MarkerUpstreams {
  /** A REST API. */
  readonly people: string;
  /** A federation subgraph. */
  readonly shop: string;
  /** A federation subgraph that never answers. */
  readonly lazy: string;
  /** Nothing listens there. */
  readonly gone: string;
  readonly close: () => Promise<void>;
}

export async function startMarkerUpstreams(): Promise<MarkerUpstreams> {
  const never = (): void => {};
  const [people, shop, lazy, gone] = await Promise.all([
    startFakeUpstream(answer),
    startShop(),
    startFakeUpstream(never),
    startFakeUpstream(never),
  ]);
  await gone.close();
  return {
    people: people.url,
    shop: shop.url,
    lazy: lazy.url,
    gone: gone.url,
    close: async () => {
      await Promise.all([people.close(), shop.close(), lazy.close()]);
    },
  };
}

/** By the first part of the path; all else of the request is in the answer. */
function answer(call: FakeCall): FakeAnswer | void {
  const { path, headers, body, response } = call;
  const said = `${decodeURIComponent(path)} ${JSON.stringify(headers)} ${body}`;
  const error = { error: { message: said, code: 'REFUSED', details: [said] } };
  switch (path.split('/')[1] ?? '') {
    case 'people':
      return { json: { id: path.split('/')[2], name: said, email: said } };
    case 'kept':
      return { headers: { 'cache-control': 'max-age=60', etag: '"a"' }, json: { said } };
    case 'lost':
      return { status: 404, json: error };
    case 'wrong':
      return { status: 422, json: error };
    case 'busy':
      return { status: 429, headers: { 'retry-after': said.replaceAll(/[^ -~]/g, '') }, json: error };
    case 'failing':
      return { status: 500, json: error };
    case 'text':
      return { headers: { 'content-type': 'application/json' }, body: said };
    case 'shapeless':
      return { json: { id: { said }, name: [said], age: said } };
    case 'cut':
      response.writeHead(200, { 'content-type': 'application/json', 'content-length': 10_000 });
      response.write(said, () => response.destroy());
      return;
    case 'slow':
      return;
    default:
      return { json: { said } };
  }
}

const shopSdl = /* GraphQL */ `
  extend schema @link(url: "https://specs.apollo.dev/federation/v2.9", import: ["@key"])
  directive @sensitive on ARGUMENT_DEFINITION | INPUT_FIELD_DEFINITION | FIELD_DEFINITION | SCALAR
  scalar Email @sensitive
  input Card {
    number: String @sensitive
    owner: String
  }
  type Thing @key(fields: "id") {
    id: ID!
    name: String
    secret: String @sensitive
  }
  type Query {
    search(text: String, mail: Email, word: String @sensitive, count: Int): Thing
    refuse(text: String): String
    torn(text: String): Int
  }
  type Mutation {
    pay(card: Card!, note: String): Thing
  }
  type Subscription {
    watch(text: String, word: String @sensitive): Thing
  }
`;

interface Asked {
  readonly text?: string;
}

function startShop() {
  const thing = (asked: object): object => ({
    id: `t ${JSON.stringify(asked)}`,
    name: JSON.stringify(asked),
    secret: JSON.stringify(asked),
  });
  const refuse = (_: unknown, { text }: Asked): never => {
    throw new GraphQLError(`no room for ${text}`, { extensions: { code: 'REFUSED', asked: text } });
  };
  const schema = createSubgraphSchema({
    sdl: shopSdl,
    resolvers: {
      Query: {
        search: (_: unknown, asked: object) => thing(asked),
        refuse,
        torn: (_: unknown, { text }: Asked) => text,
      },
      Mutation: { pay: (_: unknown, asked: object) => thing(asked) },
      Subscription: {
        watch: {
          subscribe: async function* (_: unknown, asked: Asked) {
            yield { watch: thing(asked) };
            refuse(_, asked);
          },
        },
      },
    },
    entities: { Thing: (representation) => ({ ...thing(representation), ...representation }) },
  });
  return startGraphql('shop', schema);
}
