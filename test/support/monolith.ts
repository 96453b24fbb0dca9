import { readFileSync } from 'node:fs';
import { makeExecutableSchema } from '@graphql-tools/schema';
import { execute, parse } from 'graphql';
import type { DocumentNode, ExecutionResult, GraphQLSchema } from 'graphql';
import { isInStock, shippingEstimate, warehouses } from '../../upstreams/demo/inventory.ts';
import { OrderStore } from '../../upstreams/demo/order-store.ts';
import { ProductStore } from '../../upstreams/demo/product-store.ts';
import { readId } from '../../upstreams/demo/read.ts';
import { ReviewStore } from '../../upstreams/demo/review-store.ts';
import type { NewReview } from '../../upstreams/demo/review-store.ts';
import type { Category, Media, Order, OrderLine, Product, Review, User } from '../../upstreams/demo/shapes.ts';
import { UserStore } from '../../upstreams/demo/user-store.ts';
import type { UserStatus } from '../../upstreams/demo/shapes.ts';

/**
 * The demo shop as one graphql-js schema over the demo upstreams' own data, with no network and no gateway: what the
 * gateway's answers are compared with.
 */

export interface Monolith {
  readonly schema: GraphQLSchema;
  /** Runs a query or mutation; never rejects. */
  readonly execute: (document: DocumentNode | string, variables?: Record<string, unknown>) => Promise<ExecutionResult>;
}

interface Stores {
  readonly users: UserStore;
  readonly orders: OrderStore;
  readonly products: ProductStore;
  readonly reviews: ReviewStore;
}

type Argument<K extends string, V> = Readonly<Record<K, V>>;
type Id = Argument<'id', string>;
type First = Argument<'first', number | null>;
type Page = { readonly status?: UserStatus | null; readonly page?: number | null };
type Input<T> = Argument<'input', T>;

interface AddressInput {
  readonly street: string;
  readonly city: string;
  readonly postalCode: string;
}

interface UserInput {
  readonly name?: string;
  readonly email?: string;
  readonly status?: string;
  readonly address?: AddressInput | null;
}

interface OrderInput {
  readonly customerId: string;
  readonly lines: readonly { readonly productId: string; readonly quantity: number }[];
}

function userBody({ name, address, ...rest }: UserInput): object {
  const full_name = name === undefined ? {} : { full_name: name };
  if (address == null) return { ...rest, ...full_name, ...(address === null ? { address } : {}) };
  const { postalCode: postal_code, ...place } = address;
  return { ...rest, ...full_name, address: { ...place, postal_code } };
}

function orderBody({ customerId, lines }: OrderInput): object {
  return {
    customer_id: customerId,
    lines: lines.map(({ productId, quantity }) => ({ product_id: productId, quantity })),
  };
}

const queries = ({ users, orders, products, reviews }: Stores): object => ({
  user: (_: unknown, { id }: Id) => users.one(readId(id)),
  users: (_: unknown, { status, page }: Page) => users.page(status ?? undefined, page ?? 1),
  order: (_: unknown, { id }: Id) => orders.one(readId(id)),
  product: (_: unknown, { id }: Id) => products.one(id),
  products: (_: unknown, { ids }: Argument<'ids', readonly string[]>) => ids.map((id) => products.one(id)),
  topProducts: (_: unknown, { first }: First) => products.top(first),
  search: (_: unknown, { text }: Argument<'text', string>) => products.search(text),
  review: (_: unknown, { id }: Id) => reviews.one(id),
  latestReviews: (_: unknown, { first }: First) => reviews.latest(first),
  warehouses: () => warehouses,
  dashboard: (_: unknown, { userId }: Argument<'userId', string>) => ({ userId }),
});

const mutations = ({ users, orders, products, reviews }: Stores): object => ({
  createUser: (_: unknown, { input }: Input<UserInput>) => users.create(userBody(input)),
  updateUser: (_: unknown, { id, input }: Id & Input<UserInput>) => users.patch(readId(id), userBody(input)),
  createOrder: (_: unknown, { input }: Input<OrderInput>) => orders.create(orderBody(input)),
  setPrice: (_: unknown, { input }: Input<Id & Argument<'price', number>>) => products.setPrice(input.id, input.price),
  addReview: (_: unknown, { input }: Input<NewReview>) => reviews.add(input),
});

const people = ({ users, orders, products, reviews }: Stores): Record<string, object> => ({
  User: {
    id: ({ user_id }: User) => user_id,
    name: ({ full_name }: User) => full_name,
    createdAt: ({ created_at }: User) => created_at,
    orders: ({ user_id }: User, { limit }: Argument<'limit', number | null>) => orders.ofCustomer(user_id, limit ?? 10),
    reviews: ({ user_id }: User, { first }: First) => reviews.ofAuthor(String(user_id), first),
  },
  Address: { postalCode: ({ postal_code }: { postal_code: string }) => postal_code },
  Order: {
    createdAt: ({ created_at }: Order) => created_at,
    total: ({ total_cents }: Order) => total_cents,
    customer: ({ customer_id }: Order) => users.one(customer_id),
  },
  OrderLine: {
    unitPrice: ({ unit_price }: OrderLine) => unit_price,
    product: ({ product_id }: OrderLine) => products.one(String(product_id)),
  },
  Dashboard: {
    user: ({ userId }: { userId: string }) => users.one(readId(userId)),
    recentOrders: ({ userId }: { userId: string }, { first }: First) => orders.ofCustomer(readId(userId), first ?? 5),
    recommendations: (_: unknown, { first }: First) => products.top(first ?? 3),
    unreadCount: ({ userId }: { userId: string }) => users.one(readId(userId))?.unread_count,
  },
});

const goods = ({ users, products, reviews }: Stores): Record<string, object> => ({
  Product: {
    category: ({ categoryId }: Product) => products.category(categoryId),
    reviews: ({ id }: Product, { first }: First) => reviews.ofProduct(id, first),
    averageRating: ({ id }: Product) => reviews.averageRating(id),
    inStock: ({ id }: Product) => isInStock(id),
    shippingEstimate: ({ price, weight }: Product) => shippingEstimate(price, weight),
  },
  Category: { products: ({ id }: Category, { first }: First) => products.ofCategory(id, first) },
  Media: { __resolveType: ({ kind }: Media) => kind },
  SearchResult: { __resolveType: (found: Product | Category) => ('price' in found ? 'Product' : 'Category') },
  Review: {
    author: ({ authorId }: Review) => users.one(readId(authorId)),
    product: ({ productId }: Review) => products.one(productId),
  },
});

/** A shop of its own: what a mutation changes here is seen nowhere else. */
export function createMonolith(): Monolith {
  const stores: Stores = {
    users: new UserStore(),
    orders: new OrderStore(),
    products: new ProductStore(),
    reviews: new ReviewStore(),
  };
  const schema = makeExecutableSchema({
    typeDefs: readFileSync(new URL('monolith.graphql', import.meta.url), 'utf8'),
    resolvers: [{ Query: queries(stores), Mutation: mutations(stores) }, people(stores), goods(stores)],
  });
  return {
    schema,
    execute: async (document, variables = {}) =>
      execute({
        schema,
        document: typeof document === 'string' ? parse(document) : document,
        variableValues: variables,
      }),
  };
}
