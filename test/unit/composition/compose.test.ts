import assert from 'node:assert/strict';
import { test } from 'node:test';
import { buildSchema, parse, print } from 'graphql';
import { compose, CompositionError, printProblem } from '../../../src/composition/compose.ts';
import { findNPlusOne } from '../../../src/composition/n-plus-one.ts';
import { pruneUnresolvable } from '../../../src/composition/prune.ts';
import { buildSourceSchemas } from '../../../src/composition/source-schemas.ts';
import { readSupergraph, readSupergraphUpstreams } from '../../../src/composition/supergraph.ts';
import type { Contribution } from '../../../src/composition/types.ts';

type Options = Partial<Pick<Contribution, 'kind' | 'filled' | 'file'>>;

function contribution(name: string, sdl: string, options: Options = {}): Contribution {
  const file = `${name === 'gateway' ? 'schema/gateway' : `schema/${name}`}.graphql`;
  const kind = name === 'gateway' ? 'local' : 'rest';
  return { name, kind, file, sdl: parse(sdl), filled: [], ...options };
}

function build(...contributions: Contribution[]) {
  return buildSourceSchemas(contributions, (name) => `http://${name}.example`);
}

function sourceText(built: ReturnType<typeof build>, name: string): string {
  const source = built.sources.find((candidate) => candidate.name === name);
  assert.ok(source, `no source "${name}"`);
  return print(source.sdl);
}

const users = contribution(
  'users',
  'type User @key(fields: "id") { id: ID! name: String } type Query { user(id: ID!): User }',
);
const orders = (filled: Contribution['filled']) =>
  contribution('orders', 'type Order @key(fields: "id") { id: ID! total: Int } type Query { order(id: ID!): Order }', {
    filled,
  });

test('a link of the gateway goes to the upstream whose resolvers fill it, and the entity it names becomes a stub there', () => {
  const built = build(
    users,
    orders([{ type: 'Order', field: 'customer' }]),
    contribution('gateway', 'extend type Order { customer: User }'),
  );
  assert.deepEqual(built.problems, []);
  const text = sourceText(built, 'orders');
  assert.match(text, /type Order @key\(fields: "id"\) \{[^}]*customer: User/);
  assert.match(text, /type User @key\(fields: "id", resolvable: false\) \{\s*id: ID!\s*\}/);
  assert.equal(
    built.sources.some((source) => source.name === 'gateway'),
    false,
    'a gateway without own fields is no source',
  );
  compose(built.sources);
});

test('a field on an entity of another upstream makes that entity resolvable by its key where it is filled', () => {
  const built = build(
    users,
    orders([{ type: 'User', field: 'orders' }]),
    contribution('gateway', 'extend type User { orders: [Order!]! }'),
  );
  assert.match(sourceText(built, 'orders'), /type User @key\(fields: "id"\) \{\s*id: ID!\s+orders: \[Order!\]!\s*\}/);
  compose(built.sources);
});

test('a type of the gateway keeps the fields that the gateway fills and hands the others on by its key', () => {
  const built = build(
    users,
    orders([{ type: 'Dashboard', field: 'recent' }]),
    contribution(
      'gateway',
      'type Dashboard @key(fields: "userId") { userId: ID! user: User recent: [Order!]! } extend type Query { dashboard(userId: ID!): Dashboard }',
      { filled: [{ type: 'Query', field: 'dashboard' }] },
    ),
  );
  assert.deepEqual(built.problems, []);
  assert.match(
    sourceText(built, 'gateway'),
    /type Dashboard @key\(fields: "userId"\) \{\s*userId: ID!\s+user: User\s*\}/,
  );
  assert.match(
    sourceText(built, 'orders'),
    /type Dashboard @key\(fields: "userId"\) \{\s*userId: ID!\s+recent: \[Order!\]!\s*\}/,
  );
  compose(built.sources);
});

test('a field that the gateway fills from a required field of another upstream names that field as external', () => {
  const built = build(
    users,
    contribution('gateway', 'extend type User { greeting: String @requires(fields: "name") }', {
      filled: [{ type: 'User', field: 'greeting' }],
    }),
  );
  const text = sourceText(built, 'gateway');
  assert.match(text, /type User @key\(fields: "id"\)/);
  assert.match(text, /name: String @external/);
  compose(built.sources);
});

test('a link that nothing fills is a problem with file, line and column', () => {
  const { problems } = build(users, orders([]), contribution('gateway', 'extend type Order {\n  customer: User\n}'));
  assert.deepEqual(problems.map(printProblem), [
    'schema/gateway.graphql:2:3: CONTRACT: nothing fills "Order.customer": expected a resolver for it in resolvers/gateway or in the resolvers of an upstream',
  ]);
});

test('a type that no file defines is a problem with its place', () => {
  const { problems } = build(contribution('users', 'type Query {\n  user: Userr\n}'));
  assert.deepEqual(problems.map(printProblem), [
    'schema/users.graphql:2:3: CONTRACT: "Userr" is neither a type of this file nor an entity, input, enum or scalar of another one',
  ]);
});

test('a field declared by the gateway and by the upstream that fills it is a problem that names both files', () => {
  const { problems } = build(
    users,
    orders([{ type: 'Order', field: 'total' }]),
    contribution('gateway', 'extend type Order { total: Int }'),
  );
  assert.deepEqual(problems.map(printProblem), [
    'schema/gateway.graphql:1:21, schema/orders.graphql:1:41: CONTRACT: "Order.total" is declared twice: expected it in one of the two files',
  ]);
});

test('two upstreams that contribute to one type merge by key', () => {
  const built = build(users, contribution('profiles', 'type User @key(fields: "id") { id: ID! bio: String }'));
  const supergraph = compose(built.sources);
  const type = /type User[^{]*\{[^}]*\}/.exec(supergraph)?.[0] ?? '';
  assert.match(type, /name: String @join__field\(graph: USERS\)/);
  assert.match(type, /bio: String @join__field\(graph: PROFILES\)/);
});

test('two upstreams that both define one field conflict in an error that names both files', () => {
  const built = build(users, contribution('profiles', 'type User @key(fields: "id") {\n  id: ID!\n  name: String\n}'));
  assert.throws(
    () => compose(built.sources),
    (error: unknown) => {
      assert.ok(error instanceof CompositionError);
      assert.equal(error.problems[0]?.code, 'INVALID_FIELD_SHARING');
      assert.match(
        error.message,
        /schema\/users\.graphql:1:\d+, schema\/profiles\.graphql:3:3: INVALID_FIELD_SHARING: /,
      );
      return true;
    },
  );
});

test('every composition problem is shown, not the first alone', () => {
  const built = build(
    users,
    contribution('profiles', 'type User @key(fields: "id") { id: ID! name: String bio: Int } '),
    contribution('extras', 'type User @key(fields: "id") { id: ID! bio: String }'),
  );
  assert.throws(
    () => compose(built.sources),
    (error: unknown) => error instanceof CompositionError && error.problems.length >= 2,
  );
});

test('a Federation 1 schema composes beside Federation 2 schemas', () => {
  const legacy = contribution('legacy', 'extend type User @key(fields: "id") { id: ID! @external points: Int }', {
    kind: 'federation',
  });
  assert.match(compose(build(users, legacy).sources), /points: Int @join__field\(graph: LEGACY\)/);
});

test('without the schema that a required field comes from, only the fields that require it are out', () => {
  const inventory = contribution(
    'inventory',
    `extend schema @link(url: "https://specs.apollo.dev/federation/v2.3", import: ["@key", "@external", "@requires"])
     type Product @key(fields: "id") { id: ID! price: Int @external inStock: Boolean shipping: Int @requires(fields: "price") }
     type Query { warehouse: String }`,
    { kind: 'federation' },
  );
  const { sources, out } = pruneUnresolvable(build(users, inventory).sources);
  assert.deepEqual(out, [{ type: 'Product', field: 'shipping' }]);
  const supergraph = compose(sources);
  assert.match(supergraph, /inStock: Boolean/);
  assert.doesNotMatch(supergraph, /shipping/);
});

test('the upstreams of a ready supergraph are read from join__graph', () => {
  const supergraph = compose(build(users).sources);
  assert.deepEqual(readSupergraphUpstreams(readSupergraph(supergraph, 'supergraph.graphql')), [
    { graph: 'USERS', name: 'users', url: 'http://users.example' },
  ]);
});

test('a file that is no supergraph is refused with what was expected', () => {
  assert.throws(() => readSupergraphUpstreams(parse('type Query { a: Int }')), {
    code: 'COMPOSITION_FAILED',
    message: 'expected a supergraph with an enum "join__Graph", but it has none',
  });
  assert.throws(() => readSupergraph('type {', 'super.graphql'), { message: /^super\.graphql:1:6: Syntax Error/ });
});

test('a field that makes one call per parent is warned of only where its type stands under a list', () => {
  const schema = buildSchema(`
    type Query { user: User users: Page order: Order }
    type Page { items: [User!]! }
    type User { orders: [Order!]! team: Team }
    type Team { lead: User }
    type Order { id: ID! }`);
  const call = (type: string, field: string) => ({ type, field, upstream: 'orders', call: 'GET /users/{id}/orders' });
  assert.deepEqual(findNPlusOne(schema, [call('User', 'orders'), call('Page', 'total')]), [
    'N+1: "User.orders" makes one call per User (GET /users/{id}/orders of upstream "orders" has no batch look-up), and Query.users.items gives a list of them',
  ]);
});
