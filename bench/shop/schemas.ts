/**
 * The four upstreams of the shop, in Federation 1 SDL: the one form that every entrant reads. Keys, `@requires` and
 * `@provides` stand where the public gateway benchmark has them.
 */
export const upstreamSchemas = {
  accounts: /* GraphQL */ `
    extend type Query {
      me: Account
      accounts(first: Int = 6): [Account]
    }

    type Account @key(fields: "id") {
      id: ID!
      handle: String
      fullName: String
      memberSince: Int
    }
  `,
  products: /* GraphQL */ `
    extend type Query {
      products(first: Int = 5, offset: Int = 0): [Product]
    }

    type Product @key(fields: "sku") {
      sku: ID!
      title: String
      cents: Int
      grams: Int
    }
  `,
  inventory: /* GraphQL */ `
    extend type Product @key(fields: "sku") {
      sku: ID! @external
      cents: Int @external
      grams: Int @external
      inStock: Boolean
      shippingCents: Int @requires(fields: "cents grams")
    }
  `,
  reviews: /* GraphQL */ `
    type Review @key(fields: "id") {
      id: ID!
      text: String
      stars: Int
      product: Product
      author: Account @provides(fields: "handle")
    }

    extend type Account @key(fields: "id") {
      id: ID! @external
      handle: String @external
      reviews: [Review]
    }

    extend type Product @key(fields: "sku") {
      sku: ID! @external
      reviews: [Review]
    }
  `,
} as const;

export type ShopUpstream = keyof typeof upstreamSchemas;

export const shopUpstreams = Object.keys(upstreamSchemas) as readonly ShopUpstream[];

/** The same shop as one server would have it: what answers are held against. */
export const monolithSchema = /* GraphQL */ `
  type Query {
    me: Account
    accounts(first: Int = 6): [Account]
    products(first: Int = 5, offset: Int = 0): [Product]
  }

  type Account {
    id: ID!
    handle: String
    fullName: String
    memberSince: Int
    reviews: [Review]
  }

  type Product {
    sku: ID!
    title: String
    cents: Int
    grams: Int
    inStock: Boolean
    shippingCents: Int
    reviews: [Review]
  }

  type Review {
    id: ID!
    text: String
    stars: Int
    product: Product
    author: Account
  }
`;
