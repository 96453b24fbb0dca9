import type { IncomingHttpHeaders } from 'node:http';
import { GraphQLError } from 'graphql';
import { createSubgraphSchema } from '../../upstreams/demo/subgraph.ts';
import type { RigUpstream } from './cache-rig.ts';

const link = 'extend schema @link(url: "https://specs.apollo.dev/federation/v2.9", import: ["@key", "@shareable"])';

const sdl = /* GraphQL */ `
  ${link}
  interface Named {
    name: String
  }
  type User implements Named @key(fields: "id") {
    id: ID!
    name: String
    email: String
    friends: [User!]!
    broken: String
  }
  type Robot implements Named {
    name: String
    owner: String
  }
  type Query {
    me: User
    user(id: ID!): User
    users: [User!]!
    named: [Named!]!
    greeting(name: String, times: Int = 1): String
    language: String
    deep: Level
    session: String
  }
  type Level {
    list: [Level!]!
    leaf: String
  }
  type Mutation {
    rename(id: ID!, name: String): User
    renameAndFail(id: ID!, name: String): User
  }
`;

export interface People {
  readonly upstream: (headers?: RigUpstream['headers']) => RigUpstream;
  /** Names by id. */
  readonly names: Map<string, string>;
}

interface Context {
  readonly headers: IncomingHttpHeaders;
}

/** A federation subgraph of users; who asks, it takes from `x-user`. */
export function createPeople(): People {
  const names = new Map([
    ['1', 'Ada'],
    ['2', 'Bob'],
  ]);
  const me = (_: unknown, __: unknown, { headers }: Context) => ({ id: `me-${String(headers['x-user'])}` });
  const level = (depth: number): object => ({
    list: depth > 0 ? [level(depth - 1)] : [],
    leaf: `at ${depth}`,
  });
  const nameOf = ({ id }: { readonly id: string }): string => names.get(id) ?? `name of ${id}`;
  const schema = createSubgraphSchema({
    sdl,
    resolvers: {
      Query: {
        me,
        user: (_: unknown, { id }: { readonly id: string }) => (id === '0' ? null : { id }),
        users: () => [...names.keys()].map((id) => ({ id })),
        named: (_: unknown, __: unknown, context: Context) => [
          { __typename: 'User', ...me(_, __, context) },
          { __typename: 'Robot', name: 'R2', owner: String(context.headers['x-user']) },
        ],
        greeting: (_: unknown, { name, times }: { readonly name?: string; readonly times: number }) =>
          `hi ${String(name)} `.repeat(times),
        language: (_: unknown, __: unknown, { headers }: Context) => String(headers['x-language']),
        session: (_: unknown, __: unknown, { headers }: Context) => String(headers['authorization']),
        deep: () => level(40),
      },
      User: {
        name: nameOf,
        email: (user: { readonly id: string }, _: unknown, { headers }: Context) =>
          `${user.id} for ${String(headers['x-user'])}`,
        friends: () => [...names.keys()].map((id) => ({ id })),
        broken: () => {
          throw new GraphQLError('it is broken');
        },
      },
      Named: { __resolveType: ({ __typename }: { readonly __typename: string }) => __typename },
      Mutation: {
        rename: (_: unknown, { id, name }: { readonly id: string; readonly name: string }) => {
          names.set(id, name);
          return { id };
        },
        renameAndFail: (_: unknown, { id, name }: { readonly id: string; readonly name: string }) => {
          names.set(id, name);
          throw new GraphQLError('it failed afterwards');
        },
      },
    },
    entities: { User: ({ id }) => ({ id }) },
  });
  return { names, upstream: (headers = {}) => ({ name: 'people', sdl, schema, headers }) };
}
