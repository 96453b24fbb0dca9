import { buildSchema, graphql, type ExecutionResult } from 'graphql';
import * as data from './data.ts';
import { monolithSchema, upstreamSchemas, type ShopUpstream } from './schemas.ts';

/** Resolvers as graphql-js calls them by default: fields of an object, functions of the arguments. */
type Source = Readonly<Record<string, unknown>>;

type Paging = { readonly first: number; readonly offset?: number };

/** What a representation may hold, by the keys and requirements of the schemas. */
interface Representation {
  readonly __typename: string;
  readonly id: string;
  readonly sku: string;
  readonly cents?: number;
  readonly grams?: number;
}

export interface ShopRequest {
  readonly query: string;
  readonly variables?: Readonly<Record<string, unknown>>;
  readonly operationName?: string;
}

export type RunShop = (request: ShopRequest) => Promise<ExecutionResult>;

const federationTypes = /* GraphQL */ `
  scalar _Any
  scalar _FieldSet
  type _Service {
    sdl: String!
  }
  directive @key(fields: _FieldSet!) repeatable on OBJECT | INTERFACE
  directive @requires(fields: _FieldSet!) on FIELD_DEFINITION
  directive @provides(fields: _FieldSet!) on FIELD_DEFINITION
  directive @external on FIELD_DEFINITION
`;

/** Upstream `name` as a function: its own fields, `_service` and `_entities`. */
export function createShopUpstream(name: ShopUpstream): RunShop {
  const sdl = upstreamSchemas[name];
  const { query = {}, entities = {} } = sources[name];
  const union = Object.keys(entities).join(' | ');
  const entryPoints = /* GraphQL */ `
    ${sdl.includes('extend type Query') ? 'extend type Query' : 'type Query'} {
      _service: _Service!
      ${union && '_entities(representations: [_Any!]!): [_Entity]!'}
    }
    ${union && `union _Entity = ${union}`}
  `;
  // By itself an extension extends nothing: to graphql-js its own types are definitions.
  const schema = buildSchema(federationTypes + sdl.replaceAll('extend type', 'type') + entryPoints);
  const find = (given: Representation): Source | null => {
    const found = entities[given.__typename]?.(given);
    return found ? { ...found, __typename: given.__typename } : null;
  };
  const rootValue = {
    ...query,
    _service: { sdl },
    _entities: (args: { readonly representations: readonly Representation[] }) => args.representations.map(find),
  };
  return runner(schema, rootValue);
}

/** The whole shop as one graphql-js schema over the same data. */
export function createShopMonolith(): RunShop {
  const account = (given: data.Account | undefined): Source | null =>
    given ? { ...given, reviews: () => data.reviewsOfAccount(given.id).map(review) } : null;
  const product = (given: data.Product | undefined): Source | null =>
    given
      ? {
          ...given,
          shippingCents: data.shippingCents(given.cents, given.grams),
          reviews: () => data.reviewsOfProduct(given.sku).map(review),
        }
      : null;
  const review = (given: data.Review): Source => ({
    ...given,
    product: () => product(data.productBySku.get(given.sku)),
    author: () => account(data.accountById.get(given.authorId)),
  });
  return runner(buildSchema(monolithSchema), {
    me: () => account(data.accounts[0]),
    accounts: ({ first }: Paging) => data.accounts.slice(0, first).map(account),
    products: ({ first, offset = 0 }: Paging) => data.products.slice(offset, offset + first).map(product),
  });
}

function runner(schema: ReturnType<typeof buildSchema>, rootValue: Source): RunShop {
  return ({ query, variables = {}, operationName }) =>
    graphql({
      schema,
      rootValue,
      source: query,
      variableValues: variables,
      ...(operationName !== undefined && { operationName }),
    });
}

interface UpstreamSource {
  readonly query?: Source;
  /** By type name. */
  readonly entities?: Readonly<Record<string, (representation: Representation) => Source | null>>;
}

const orNull = (found: object | undefined): Source | null => (found === undefined ? null : { ...found });

const reviewSource = (review: data.Review): Source => ({
  ...review,
  product: () => ({ sku: review.sku, reviews: () => data.reviewsOfProduct(review.sku).map(reviewSource) }),
  author: () => ({
    id: review.authorId,
    handle: data.accountById.get(review.authorId)?.handle,
    reviews: () => data.reviewsOfAccount(review.authorId).map(reviewSource),
  }),
});

const sources: Readonly<Record<ShopUpstream, UpstreamSource>> = {
  accounts: {
    query: {
      me: () => data.accounts[0],
      accounts: ({ first }: Paging) => data.accounts.slice(0, first),
    },
    entities: { Account: ({ id }) => orNull(data.accountById.get(id)) },
  },
  products: {
    query: { products: ({ first, offset = 0 }: Paging) => data.products.slice(offset, offset + first) },
    entities: { Product: ({ sku }) => orNull(data.productBySku.get(sku)) },
  },
  inventory: {
    // Price and weight come from whoever asks: a gateway that sends neither gets no shipping costs, and is found out.
    entities: {
      Product: ({ sku, cents, grams }) => {
        const known = data.productBySku.get(sku);
        return known ? { sku, inStock: known.inStock, shippingCents: data.shippingCents(cents, grams) } : null;
      },
    },
  },
  reviews: {
    entities: {
      Review: ({ id }) => {
        const review = data.reviewById.get(id);
        return review ? reviewSource(review) : null;
      },
      Account: ({ id }) => ({ id, reviews: () => data.reviewsOfAccount(id).map(reviewSource) }),
      Product: ({ sku }) => ({ sku, reviews: () => data.reviewsOfProduct(sku).map(reviewSource) }),
    },
  },
};
