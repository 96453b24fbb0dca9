import { makeExecutableSchema } from '@graphql-tools/schema';
import type { IResolvers } from '@graphql-tools/utils';
import { GraphQLError } from 'graphql';
import type { GraphQLSchema } from 'graphql';
import { isObject } from './read.ts';

export type Representation = Readonly<Record<string, unknown>>;

export interface SubgraphParts {
  /** Federation 2 SDL, starting with `extend schema @link(...)`. */
  readonly sdl: string;
  readonly resolvers: IResolvers;
  /** By type name: what the fields of the type are resolved from; `null` where there is no such entity. */
  readonly entities: Readonly<Record<string, (representation: Representation) => object | null>>;
}

/** Makes the SDL valid by itself: what `@link` imports, defined. */
const federationDefinitions = /* GraphQL */ `
  scalar link__Import
  scalar federation__FieldSet
  directive @link(url: String!, import: [link__Import]) repeatable on SCHEMA
  directive @key(fields: federation__FieldSet!, resolvable: Boolean = true) repeatable on OBJECT | INTERFACE
  directive @requires(fields: federation__FieldSet!) on FIELD_DEFINITION
  directive @external on OBJECT | FIELD_DEFINITION
  directive @shareable repeatable on OBJECT | FIELD_DEFINITION
`;

const entryPoints = (types: readonly string[]): string => /* GraphQL */ `
  scalar _Any
  union _Entity = ${types.join(' | ')}
  type _Service {
    sdl: String!
  }
  extend type Query {
    _service: _Service!
    _entities(representations: [_Any!]!): [_Entity]!
  }
`;

/**
 * A schema that speaks the federation subgraph protocol beside its own fields.
 *
 * @see {@link https://www.apollographql.com/docs/graphos/reference/federation/subgraph-spec | Apollo Federation, subgraph specification}
 */
export function createSubgraphSchema({ sdl, resolvers, entities }: SubgraphParts): GraphQLSchema {
  const findEntity = (representation: unknown): object | null => {
    const given = isObject(representation) ? representation : {};
    const typeName = String(given['__typename']);
    const find = Object.hasOwn(entities, typeName) ? entities[typeName] : undefined;
    if (find === undefined) {
      throw new GraphQLError(`A representation must have the "__typename" of an entity, but got: ${typeName}`);
    }
    const found = find(given);
    return found && { ...found, __typename: typeName };
  };
  const federationResolvers: IResolvers = {
    Query: {
      _service: () => ({ sdl }),
      _entities: (_: unknown, { representations }: { representations: readonly unknown[] }) =>
        representations.map((representation) => {
          try {
            return findEntity(representation);
          } catch (error) {
            // Returned in place of thrown: one bad representation must not cost the others.
            return error;
          }
        }),
    },
    _Entity: { __resolveType: ({ __typename }: { __typename: string }) => __typename },
  };
  return makeExecutableSchema({
    typeDefs: [federationDefinitions, sdl, entryPoints(Object.keys(entities))],
    resolvers: [resolvers, federationResolvers],
  });
}
