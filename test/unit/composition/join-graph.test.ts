import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parse } from 'graphql';
import { buildJoinGraph } from '../../../src/composition/join-graph/build.ts';
import type { FieldInUpstream, JoinGraph } from '../../../src/composition/join-graph/types.ts';

const graphs = `enum join__Graph { A @join__graph(name: "a", url: "http://a.example") B @join__graph(name: "b", url: "http://b.example") }`;

function build(types: string): JoinGraph {
  return buildJoinGraph(parse(`${graphs} type Query @join__type(graph: A) { a: Int } ${types}`));
}

/** The field as each upstream has it, by upstream name. */
function resolvers(graph: JoinGraph, type: string, field: string): Record<string, FieldInUpstream> {
  const found = graph.types.get(type)?.fields.get(field)?.upstreams ?? new Map<number, FieldInUpstream>();
  return Object.fromEntries([...found].map(([index, inUpstream]) => [graph.upstreams[index], inUpstream]));
}

test('a field that names no upstream is resolved by all that define its type', () => {
  const graph = build('type T @join__type(graph: A) @join__type(graph: B) { x: Int }');
  assert.deepEqual(Object.keys(resolvers(graph, 'T', 'x')), ['a', 'b']);
});

test('a field that an interface object brings is resolved by no upstream of the object type', () => {
  const graph = build('type T @join__type(graph: A, key: "id") { id: ID! x: Int @join__field }');
  assert.deepEqual(resolvers(graph, 'T', 'x'), {});
});

test('keys are read with nested fields, fragments as object types, and whether they can be called', () => {
  const graph = build(`
    union Owner @join__type(graph: A) @join__unionMember(graph: A, member: "Person") @join__unionMember(graph: A, member: "Firm") = Person | Firm
    type Person @join__type(graph: A) { id: ID! }
    type Firm @join__type(graph: A) { code: ID! }
    type T @join__type(graph: A, key: "owner { ... on Person { id } }") @join__type(graph: A, key: "id", resolvable: false) { id: ID! owner: Owner }
  `);
  const keys = graph.types.get('T')?.upstreams.get(0)?.keys;
  assert.deepEqual(
    keys?.map(({ resolvable }) => resolvable),
    [true, false],
  );
  const [owner] = keys?.[0]?.fields ?? [];
  assert.equal(owner?.name, 'owner');
  assert.deepEqual(owner?.fields, [{ name: 'id', parentType: 'Person', arguments: [], on: ['Person'] }]);
});

test('an overridden field is external to its old upstream; with a label both resolve it, one at a time', () => {
  const graph = build(`type T @join__type(graph: A) @join__type(graph: B) {
    gone: Int @join__field(graph: A, usedOverridden: true) @join__field(graph: B, override: "a")
    going: Int @join__field(graph: A) @join__field(graph: B, override: "a", overrideLabel: "percent(5)")
  }`);
  assert.equal(resolvers(graph, 'T', 'gone')['a']?.external, true);
  assert.equal(resolvers(graph, 'T', 'gone')['b']?.external, false);
  assert.deepEqual(resolvers(graph, 'T', 'going')['a']?.label, { name: 'percent(5)', active: false });
  assert.deepEqual(resolvers(graph, 'T', 'going')['b']?.label, { name: 'percent(5)', active: true });
});

test('requires keeps its arguments in one spelling', () => {
  const graph = build(`type T @join__type(graph: A) @join__type(graph: B) {
    price(to: String, digits: Int): Int @join__field(graph: A) @join__field(graph: B, external: true)
    label: String @join__field(graph: B, requires: "price(to: \\"EUR\\",   digits: 2)")
  }`);
  assert.deepEqual(resolvers(graph, 'T', 'label')['b']?.requires?.fields[0]?.arguments, [
    { name: 'digits', value: '2' },
    { name: 'to', value: '"EUR"' },
  ]);
});

test('possible types are told apart by upstream, and an interface object has none', () => {
  const graph = build(`
    interface I @join__type(graph: A, key: "id") @join__type(graph: B, key: "id", isInterfaceObject: true) { id: ID! }
    type X implements I @join__type(graph: A) @join__implements(graph: A, interface: "I") { id: ID! }
    type Y implements I @join__type(graph: A) @join__implements(graph: A, interface: "I") { id: ID! }
  `);
  const type = graph.types.get('I');
  assert.deepEqual(type?.upstreams.get(0)?.possible, ['X', 'Y']);
  assert.deepEqual(type?.upstreams.get(1), {
    isInterfaceObject: true,
    keys: type?.upstreams.get(1)?.keys,
    possible: [],
  });
});

test('a type that differs between upstreams is kept as each declares it', () => {
  const graph = build(`type T @join__type(graph: A) @join__type(graph: B) {
    x: [Int] @join__field(graph: A, type: "[Int!]!") @join__field(graph: B)
  }`);
  assert.deepEqual(resolvers(graph, 'T', 'x')['a']?.type, { name: 'Int', text: '[Int!]!', lists: 1 });
  assert.equal(graph.types.get('T')?.fields.get('x')?.responseShape, '[Int!]!|[Int]');
});

test('root types are found under other names', () => {
  const graph = buildJoinGraph(
    parse(
      `schema { query: Root mutation: Change } ${graphs} type Root @join__type(graph: A) { a: Int } type Change @join__type(graph: A) { a: Int }`,
    ),
  );
  assert.deepEqual(graph.roots, { query: 'Root', mutation: 'Change' });
});

test('a document that names no upstreams is refused', () => {
  assert.throws(() => buildJoinGraph(parse('type Query { a: Int }')), { code: 'COMPOSITION_FAILED' });
});
