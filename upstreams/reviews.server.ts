import { startGraphql } from './demo/graphql-server.ts';
import { ReviewStore } from './demo/review-store.ts';
import type { NewReview } from './demo/review-store.ts';
import { runAlone } from './demo/server.ts';
import type { DemoServer, StartOptions } from './demo/server.ts';
import type { Review } from './demo/shapes.ts';
import { createSubgraphSchema } from './demo/subgraph.ts';
import type { Representation } from './demo/subgraph.ts';

const sdl = /* GraphQL */ `
  extend schema @link(url: "https://specs.apollo.dev/federation/v2.3", import: ["@key"])

  type Review @key(fields: "id") {
    id: ID!
    body: String!
    "One to five stars."
    rating: Int!
    author: User
    product: Product
    "ISO 8601, UTC."
    createdAt: String!
  }

  type Product @key(fields: "id") {
    id: ID!
    "The newest reviews, newest first."
    reviews(first: Int = 10): [Review!]
    "In stars, to two decimals; null until there is a review."
    averageRating: Float
  }

  type User @key(fields: "id") {
    id: ID!
    "The reviews this user wrote, newest first."
    reviews(first: Int = 10): [Review!]
  }

  input AddReviewInput {
    productId: ID!
    authorId: ID!
    "Not empty."
    body: String!
    "One to five stars."
    rating: Int!
  }

  type Query {
    "One review; null where there is none with this id."
    review(id: ID!): Review
    "The newest reviews of all products, newest first."
    latestReviews(first: Int = 5): [Review!]
  }

  type Mutation {
    addReview(input: AddReviewInput!): Review
  }

  type Subscription {
    "Each review as it is added, of one product or of all."
    reviewAdded(productId: ID): Review!
  }
`;

interface First {
  readonly first: number | null;
}

/** The reviews service: a Federation 2 subgraph. Each server has reviews of its own. */
export function start(options?: StartOptions): Promise<DemoServer> {
  const reviews = new ReviewStore();
  const resolvers = {
    Query: {
      review: (_: unknown, { id }: { id: string }) => reviews.one(id),
      latestReviews: (_: unknown, { first }: First) => reviews.latest(first),
    },
    Mutation: { addReview: (_: unknown, { input }: { input: NewReview }) => reviews.add(input) },
    Subscription: {
      reviewAdded: {
        subscribe: (_: unknown, { productId }: { productId?: string | null }) => reviews.added(productId ?? null),
        resolve: (review: Review) => review,
      },
    },
    Review: {
      author: ({ authorId }: Review) => ({ id: authorId }),
      product: ({ productId }: Review) => ({ id: productId }),
    },
    Product: {
      reviews: ({ id }: { id: string }, { first }: First) => reviews.ofProduct(id, first),
      averageRating: ({ id }: { id: string }) => reviews.averageRating(id),
    },
    User: { reviews: ({ id }: { id: string }, { first }: First) => reviews.ofAuthor(id, first) },
  };
  const byId = ({ id }: Representation): object => ({ id: String(id) });
  const entities = {
    Review: ({ id }: Representation) => reviews.one(String(id)) ?? null,
    Product: byId,
    User: byId,
  };
  return startGraphql('reviews', createSubgraphSchema({ sdl, resolvers, entities }), options);
}

if (import.meta.main) await runAlone('reviews', start);
