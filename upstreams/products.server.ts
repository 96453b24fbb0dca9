import { createSchema } from 'graphql-yoga';
import { startGraphql } from './demo/graphql-server.ts';
import { ProductStore } from './demo/product-store.ts';
import { runAlone } from './demo/server.ts';
import type { DemoServer, StartOptions } from './demo/server.ts';
import type { Category, Media, Product } from './demo/shapes.ts';

const typeDefs = /* GraphQL */ `
  type Product {
    id: ID!
    name: String!
    "In cents."
    price: Int
    "In grams."
    weight: Int
    category: Category!
    "A picture, and for some a film."
    media: [Media!]!
  }

  type Category {
    id: ID!
    name: String!
    "The best-selling products."
    products(first: Int = 5): [Product!]!
  }

  interface Media {
    url: String!
    "What is to be seen, for those who cannot see it."
    alt: String
  }

  type Image implements Media {
    url: String!
    alt: String
    "In pixels."
    width: Int!
    "In pixels."
    height: Int!
  }

  type Video implements Media {
    url: String!
    alt: String
    durationSeconds: Int!
  }

  union SearchResult = Product | Category

  input SetPriceInput {
    id: ID!
    "In cents; above 0."
    price: Int!
  }

  type Query {
    "One product; null where there is none with this id."
    product(id: ID!): Product
    "In the order of the ids; null in the place of an unknown one."
    products(ids: [ID!]!): [Product]
    "The best-selling products, 100 at most."
    topProducts(first: Int = 5): [Product!]
    "Categories and products whose name holds the text, twenty at most."
    search(text: String!): [SearchResult!]
  }

  type Mutation {
    setPrice(input: SetPriceInput!): Product
  }
`;

interface SetPrice {
  readonly input: { readonly id: string; readonly price: number };
}
interface First {
  readonly first: number | null;
}

/** The catalogue service: a plain GraphQL server. Each server has prices of its own. */
export function start(options?: StartOptions): Promise<DemoServer> {
  const products = new ProductStore();
  const resolvers = {
    Query: {
      product: (_: unknown, { id }: { id: string }) => products.one(id),
      products: (_: unknown, { ids }: { ids: readonly string[] }) => ids.map((id) => products.one(id)),
      topProducts: (_: unknown, { first }: First) => products.top(first),
      search: (_: unknown, { text }: { text: string }) => products.search(text),
    },
    Mutation: {
      setPrice: (_: unknown, { input }: SetPrice) => products.setPrice(input.id, input.price),
    },
    Product: { category: ({ categoryId }: Product) => products.category(categoryId) },
    Category: { products: ({ id }: Category, { first }: First) => products.ofCategory(id, first) },
    Media: { __resolveType: ({ kind }: Media) => kind },
    SearchResult: { __resolveType: (found: Product | Category) => ('price' in found ? 'Product' : 'Category') },
  };
  return startGraphql('products', createSchema({ typeDefs, resolvers }), options);
}

if (import.meta.main) await runAlone('products', start);
