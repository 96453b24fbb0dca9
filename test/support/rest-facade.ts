import assert from 'node:assert/strict';
import { parse } from 'graphql';
import type { ExecutionResult } from 'graphql';
import { GatewayError, reference, rest } from '../../src/index.ts';
import type { FieldContext } from '../../src/index.ts';
import { createRestFacade } from '../../src/upstream/facade/rest/facade.ts';
import type { RestFacadeOptions } from '../../src/upstream/facade/rest/facade.ts';
import { createUpstream } from '../../src/upstream/pool.ts';
import { createRequestScope } from '../../src/upstream/scope.ts';
import type { Facade, RequestScope, Send } from '../../src/upstream/types.ts';
import { startFakeUpstream } from './fake-upstream.ts';
import type { FakeCall, FakeHandler } from './fake-upstream.ts';

const sdl = /* GraphQL */ `
  extend schema @link(url: "https://specs.apollo.dev/federation/v2.9", import: ["@key"])
  type User @key(fields: "id") {
    id: ID!
    name: String!
    age: Int
    status: Status
    tags: [String!]
    boss: User
    friends: [User]
    orders(limit: Int): [Order!]
    initials: String
    address: Address
    pet: Pet
  }
  enum Status { ACTIVE LOCKED }
  type Address { city: String! }
  type Order { id: ID! total: Int! }
  union Pet = Cat | Dog
  type Cat { lives: Int }
  type Dog { bark: String }
  type Team @key(fields: "id") { id: ID! name: String }
  type Dashboard @key(fields: "userId") { userId: ID! unread: Int }
  type Product @key(fields: "id", resolvable: false) { id: ID! }
  input UserInput { name: String age: Int address: AddressInput status: Status }
  input AddressInput { city: String }
  type Query {
    user(id: ID!): User
    userNow(id: ID!): User!
    users(status: Status, page: Int): [User!]
    team(id: ID!): Team
    product: Product
    broken: String
    cheap: Int
    viaCode(id: ID!): User
  }
  type Mutation {
    createUser(input: UserInput!): User
    updateUser(id: ID!, input: UserInput!): User
    moveUser(id: ID!, input: UserInput!): User
    deleteUser(id: ID!): Boolean
  }
`;

export const users = rest('users');

const User = users.entity({
  key: 'id',
  one: users.get('/users/{id}'),
  many: users.get('/users', { query: { ids: '{keys}' }, items: 'items', by: 'user_id', max: 50 }),
  fields: {
    id: 'user_id',
    name: 'full_name',
    boss: reference({ id: 'boss_id' }),
    friends: reference({ id: 'friend_ids' }),
    orders: users.get('/users/{id}/orders', { query: { limit: '{limit}' } }),
    initials: (user: { readonly full_name: string }) => user.full_name.slice(0, 1),
    address: 'home.address',
  },
});

const Team = users.entity({ key: 'id', one: users.get('/teams/{id}', { at: 'data' }), fields: { name: 'title' } });

const declarations = {
  User,
  Team,
  Status: { ACTIVE: 'active', LOCKED: 'locked out' },
  UserInput: { name: 'full_name' },
  AddressInput: { city: 'town' },
  Dashboard: { unread: User.one({ id: 'userId' }).pick('counts.unread') },
  Query: {
    user: User.one(),
    userNow: User.one(),
    users: users.get('/users', { query: { status: '{status}', page: '{page}' }, items: 'items' }),
    team: Team.one(),
    product: users.get('/product'),
    broken: () => {
      throw new Error('secret');
    },
    cheap: users.get('/number'),
    viaCode: (_query: unknown, { id }: { readonly id: string }, context: FieldContext) =>
      context.call(users.get('/users/{id}'), { id }),
  },
  Mutation: {
    createUser: users.post('/users', { body: '{input}' }),
    updateUser: users.patch('/users/{id}', { body: '{input}' }),
    moveUser: users.patch('/users/{id}', { body: { home: { town: '{input.address.city}' } } }),
    deleteUser: users.delete('/users/{id}'),
  },
};

/** A user as the API has it. */
export const person = (id: string | number, more: object = {}) => ({
  user_id: Number(id),
  full_name: `User ${id}`,
  ...more,
});

/** Users by id or ids; whatever else is asked, `more` answers. */
export function usersApi(more: FakeHandler = () => ({ status: 404 })): FakeHandler {
  return (call) => {
    const url = new URL(call.path, 'http://users');
    const ids = url.searchParams.get('ids');
    if (url.pathname === '/users' && ids !== null) {
      return { json: { items: ids.split(',').flatMap((id) => (Number(id) < 900 ? [person(id)] : [])) } };
    }
    return more(call);
  };
}

const closing: (() => Promise<void>)[] = [];
/** Ends what `startFacade` opened. */
export async function closeFacades(): Promise<void> {
  for (const close of closing.splice(0)) await close();
}

export interface Started {
  readonly facade: Facade;
  readonly calls: readonly FakeCall[];
  /** Method and address of every call so far. */
  readonly addresses: () => string[];
  readonly ask: (
    query: string,
    variables?: Readonly<Record<string, unknown>>,
    scope?: RequestScope,
  ) => Promise<ExecutionResult>;
}

export const newScope = (): RequestScope =>
  createRequestScope({
    headers: {},
    signal: new AbortController().signal,
    responseHeaderRules: { 'x-cost': 'append' },
  });

export interface StartOptions extends Partial<RestFacadeOptions['config']> {
  /** Counts the calls under way. */
  readonly flight?: { running: number; most: number };
}

/** A REST facade of users over a real server on a free port. */
export async function startFacade(handler: FakeHandler, { flight, ...options }: StartOptions = {}): Promise<Started> {
  const server = await startFakeUpstream(handler);
  const config = { name: 'users', errors: {}, concurrency: 10, ...options };
  const upstream = createUpstream(
    {
      ...{ kind: 'rest', file: 'users.yaml', targets: [], openapi: undefined, schema: undefined, headers: {} },
      ...{ connections: 64, maxResponseBytes: 1e6, pollMs: 0, ...config },
      timeouts: { connectMs: 2000, headersMs: 2000, bodyMs: 2000, totalMs: 4000 },
    },
    [server.url],
  );
  closing.push(upstream.close, server.close);
  const headers = () => ({ 'x-api-key': 'k' });
  const send: Send = async (request) => {
    if (!flight) return upstream.send(request);
    flight.running += 1;
    flight.most = Math.max(flight.most, flight.running);
    return upstream.send(request).finally(() => (flight.running -= 1));
  };
  const facade = createRestFacade({ config, sdl: parse(sdl), declarations, send, headers });
  return {
    facade,
    calls: server.requests,
    addresses: () => server.requests.map(({ method, path }) => `${method} ${path}`),
    ask: (query, variables = {}, scope = newScope()) => facade.execute({ document: parse(query), variables, scope }),
  };
}

/** `data` and errors as plain JSON, each error by path and code; fails when an error has no GatewayError behind it. */
export function plain({ data, errors = [] }: ExecutionResult): unknown {
  const short = errors.map(({ path, originalError, extensions }) => {
    assert.ok(originalError instanceof GatewayError);
    return `${path?.join('.')}: ${String(extensions['code'])} of ${String(extensions['upstream'])}`;
  });
  return {
    data: JSON.parse(JSON.stringify(data ?? null)) as unknown,
    ...(short.length > 0 && { errors: short.toSorted() }),
  };
}

/** What the log is told of each error. */
export const logged = ({ errors = [] }: ExecutionResult) => errors.map(({ originalError }) => originalError?.message);

/** Ends in the middle: the selection on entities and three braces are to follow. */
export const entitiesOf = 'query ($of: [_Any!]!) { _entities(representations: $of) { ';
/** Variables of `entitiesOf`. */
export const usersOf = (...ids: (string | number)[]) => ({ of: ids.map((id) => ({ __typename: 'User', id })) });
