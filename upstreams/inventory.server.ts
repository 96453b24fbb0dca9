import { GraphQLError } from 'graphql';
import { startGraphql } from './demo/graphql-server.ts';
import { isInStock, isKnownProduct, shippingEstimate, warehouses } from './demo/inventory.ts';
import { runAlone } from './demo/server.ts';
import type { DemoServer, StartOptions } from './demo/server.ts';
import { createSubgraphSchema } from './demo/subgraph.ts';
import type { Representation } from './demo/subgraph.ts';

const sdl = /* GraphQL */ `
  extend schema
    @link(url: "https://specs.apollo.dev/federation/v2.3", import: ["@key", "@external", "@requires"])

  type Product @key(fields: "id") {
    id: ID!
    price: Int @external
    weight: Int @external
    "Whether it can be sent today."
    inStock: Boolean
    "What sending one costs, in cents; 0 is free."
    shippingEstimate: Int @requires(fields: "price weight")
  }

  type Warehouse {
    id: ID!
    city: String!
  }

  type Query {
    "Where parcels are sent from."
    warehouses: [Warehouse!]
  }
`;

interface StockedProduct {
  readonly id: string;
  readonly price: unknown;
  readonly weight: unknown;
}

function estimate({ id, price, weight }: StockedProduct): number | null {
  if (price === undefined || weight === undefined) {
    throw new GraphQLError(`The representation of product ${id} must have "price" and "weight".`);
  }
  return typeof price === 'number' && typeof weight === 'number' ? shippingEstimate(price, weight) : null;
}

/** The warehouse service: a Federation 2 subgraph that knows prices and weights only from representations. */
export function start(options?: StartOptions): Promise<DemoServer> {
  const resolvers = {
    Query: { warehouses: () => warehouses },
    Product: { inStock: ({ id }: StockedProduct) => isInStock(id), shippingEstimate: estimate },
  };
  const entities = {
    Product: ({ id, price, weight }: Representation) =>
      isKnownProduct(String(id)) ? { id: String(id), price, weight } : null,
  };
  return startGraphql('inventory', createSubgraphSchema({ sdl, resolvers, entities }), options);
}

if (import.meta.main) await runAlone('inventory', start);
