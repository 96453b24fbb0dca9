import { GraphQLError } from 'graphql';
import { startGraphql } from '../../upstreams/demo/graphql-server.ts';
import type { DemoServer } from '../../upstreams/demo/server.ts';
import { createSubgraphSchema } from '../../upstreams/demo/subgraph.ts';
import { refusingUrl, startFakeUpstream, type FakeAnswer, type FakeCall, type FakeUpstream } from './fake-upstream.ts';

/** The upstreams of gateways whose telemetry is tested: each knows one way to answer well, and several to fail. */
export interface TelemetryUpstreams {
  /** A REST API, which also says of tokens whether they are active. */
  readonly people: FakeUpstream;
  /** A federation subgraph with things. */
  readonly shop: DemoServer;
  /** A federation subgraph that counts them. */
  readonly stock: DemoServer;
  /** Nothing listens there. */
  readonly goneUrl: string;
  /** Has calls of `/held/…` and `Query.held` answered that wait now. */
  readonly release: () => void;
  readonly close: () => Promise<void>;
}

export async function startTelemetryUpstreams(): Promise<TelemetryUpstreams> {
  const held: (() => void)[] = [];
  const hold = (): Promise<void> => new Promise((resolve) => held.push(resolve));
  const [people, shop, stock, goneUrl] = await Promise.all([
    startFakeUpstream((call) => answer(call, hold)),
    startShop(hold),
    startStock(),
    refusingUrl(),
  ]);
  return {
    ...{ people, shop, stock, goneUrl },
    release: () => {
      for (const answerNow of held.splice(0)) answerNow();
    },
    close: async () => {
      await Promise.all([people.close(), shop.close(), stock.close()]);
    },
  };
}

/** By the first part of the path. */
async function answer(call: FakeCall, hold: () => Promise<void>): Promise<FakeAnswer | void> {
  const [, first = '', id = ''] = call.path.split(/[/?]/);
  const person = { id, name: `person ${id}` };
  switch (first) {
    case 'people':
      return { json: person };
    case 'held':
      await hold();
      return { json: person };
    case 'kept':
      return { headers: { 'cache-control': lifetimeOf(id) }, json: person };
    case 'failing':
      return { status: 500, json: { problem: 'of its own' } };
    case 'lost':
      return { status: 404, json: {} };
    case 'introspect':
      return { json: { active: call.body.includes('good'), sub: 'anna', client_id: 'app', aud: 'shop' } };
    case 'slow':
      return undefined;
    default:
      return { json: { first } };
  }
}

function lifetimeOf(id: string): string {
  return id === 'old' ? 'max-age=0, stale-while-revalidate=60' : 'max-age=60';
}

const link = 'extend schema @link(url: "https://specs.apollo.dev/federation/v2.9", import: ["@key"])';

export const shopSdl = /* GraphQL */ `
  ${link}
  type Thing @key(fields: "id") {
    id: ID!
    name: String
  }
  type Query {
    things(count: Int!): [Thing!]!
    kept: Thing
    held: String
    refuse: String
  }
  type Mutation {
    rename(id: ID!): Thing
  }
  type Subscription {
    ticks: Int
  }
`;

function startShop(hold: () => Promise<void>): Promise<DemoServer> {
  const thing = (id: string): object => ({ id, name: `thing ${id}` });
  const schema = createSubgraphSchema({
    sdl: shopSdl,
    resolvers: {
      Query: {
        things: (_: unknown, { count }: { readonly count: number }) =>
          Array.from({ length: count }, (_item, index) => thing(String(index))),
        kept: () => thing('1'),
        held: async () => {
          await hold();
          return 'held';
        },
        refuse: () => {
          throw new GraphQLError('no room', { extensions: { code: 'NO_ROOM' } });
        },
      },
      Mutation: { rename: (_: unknown, { id }: { readonly id: string }) => thing(id) },
      Subscription: {
        ticks: {
          subscribe: async function* () {
            for (const ticks of [1, 2]) yield { ticks };
          },
        },
      },
    },
    entities: { Thing: ({ id }) => thing(String(id)) },
  });
  return startGraphql('shop', schema);
}

function startStock(): Promise<DemoServer> {
  const schema = createSubgraphSchema({
    sdl: `${link} type Thing @key(fields: "id") { id: ID! count: Int } type Query { total: Int }`,
    resolvers: { Thing: { count: ({ id }: { readonly id: string }) => Number(id) * 10 } },
    entities: { Thing: ({ id }) => ({ id }) },
  });
  return startGraphql('stock', schema);
}
