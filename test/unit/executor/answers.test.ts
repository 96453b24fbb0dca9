import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import {
  buildSchema,
  execute,
  getNamedType,
  isAbstractType,
  isEnumType,
  isListType,
  isNonNullType,
  isObjectType,
  parse,
  type GraphQLNamedType,
  type GraphQLOutputType,
} from 'graphql';
import type { FieldShape, ValueShape } from '../../../src/planner/shape.ts';
import { seededRandom, type Random as AnyRandom } from '../../../upstreams/demo/random.ts';
import { failure, field, member, planOf, root, runPlan, scalar, list, nullable, object, required } from './plans.ts';

const schema = buildSchema(`
  type Query { node: Node nodes: [Node!] must: Node! }
  enum Color { RED GREEN }
  interface Named { name: String }
  type Cat implements Named { name: String lives: Int! }
  type Dog implements Named { name: String barks: Boolean }
  union Pet = Cat | Dog
  type Node {
    text: String textMust: String! number: Int numberMust: Int! float: Float yes: Boolean id: ID idMust: ID!
    color: Color colors: [Color!] matrix: [[Int!]]! named: Named pets: [Pet!]! child: Node childMust: Node!
  }
`);

/** Everything of a type, down to `depth`, as a query and as the shape of its answer. */
function everything(
  type: GraphQLNamedType,
  depth: number,
): { readonly text: string; readonly fields: readonly FieldShape[] } {
  const fields: FieldShape[] = [member('kind', required(scalar('String')), { name: '__typename', source: 'typename' })];
  const texts = ['kind: __typename'];
  if (!isObjectType(type)) return { text: '', fields };
  for (const { name, type: of } of Object.values(type.getFields())) {
    const inner = getNamedType(of);
    const isComposite = isObjectType(inner) || isAbstractType(inner);
    if (isComposite && depth === 0) continue;
    texts.push(`x_${name}: ${name} ${isComposite ? selectionOf(inner, depth) : ''}`);
    fields.push(member(name, valueOf(of, depth), { responseKey: `x_${name}` }));
  }
  return { text: `{ ${texts.join(' ')} }`, fields };
}

function selectionOf(type: GraphQLNamedType, depth: number): string {
  if (!isAbstractType(type)) return everything(type, depth - 1).text;
  return `{ ${schema
    .getPossibleTypes(type)
    .map((each) => `... on ${each.name} ${everything(each, 0).text}`)
    .join(' ')} }`;
}

function valueOf(type: GraphQLOutputType, depth: number): ValueShape {
  if (isNonNullType(type)) return { ...valueOf(type.ofType, depth), nullable: false };
  if (isListType(type)) return nullable(list(valueOf(type.ofType, depth)));
  if (isEnumType(type))
    return nullable({ kind: 'enum', type: type.name, values: type.getValues().map(({ name }) => name) });
  if (isObjectType(type)) return nullable(object(type.name, everything(type, depth - 1).fields));
  if (!isAbstractType(type)) return nullable(scalar(type.name));
  const possible = schema.getPossibleTypes(type);
  const types = possible.map(({ name }, index) => ({ name, fields: index }));
  return nullable({
    kind: 'abstract',
    type: type.name,
    types,
    fieldLists: possible.map((each) => everything(each, 0).fields),
  });
}

const leaves = [
  '',
  'a',
  '12',
  '1.5',
  '"\u2028\ud800',
  0,
  -0,
  1,
  -7,
  2 ** 31,
  1.5,
  1e21,
  true,
  false,
  'RED',
  'BLUE',
  {},
  [],
];

interface Random extends AnyRandom {
  /** True once in so many times; the data of one seed in four is sound. */
  readonly once: (inTimes: number) => boolean;
}

function randomOf(seed: number): Random {
  const random = seededRandom(seed);
  return { ...random, once: (inTimes) => random.between(1, inTimes * (seed % 4)) === 1 && seed % 4 > 0 };
}

/** JSON for a type: mostly right, sometimes null, missing, or of another kind. */
function valueFor(type: GraphQLOutputType, random: Random, depth: number): unknown {
  if (random.once(60)) return null;
  if (isNonNullType(type)) return valueFor(type.ofType, random, depth);
  if (isListType(type)) {
    if (random.once(80)) return 'no list';
    return Array.from({ length: random.between(0, 3) }, () => valueFor(type.ofType, random, depth));
  }
  if (isObjectType(type)) return objectFor(type, random, depth);
  if (isAbstractType(type)) {
    const possible = random.pick(schema.getPossibleTypes(type));
    return { __typename: random.once(40) ? 'Stranger' : possible.name, ...objectFor(possible, random, 0) };
  }
  if (random.once(40)) return random.pick(leaves);
  if (isEnumType(type)) return random.pick(['RED', 'GREEN']);
  return { String: 'text', Int: 7, Float: 1.25, Boolean: true, ID: 'i' }[type.name];
}

function objectFor(type: GraphQLNamedType, random: Random, depth: number): Record<string, unknown> {
  if (!isObjectType(type)) return {};
  const fields = Object.values(type.getFields()).filter((each) => depth > 0 || !isObjectType(getNamedType(each.type)));
  const members = fields.map(({ name, type: of }) => [name, valueFor(of, random, depth - 1)] as const);
  return Object.fromEntries(members.filter(() => !random.once(150)));
}

describe('an answer', () => {
  const query = schema.getQueryType();
  assert.ok(query);
  const { text, fields } = everything(query, 3);
  const document = parse(text);
  const plan = planOf(root(Object.keys(query.getFields()).map((name) => field(name, [field('any')]))));
  const shape = { root: object('Query', fields) };
  const asJson = (value: unknown): unknown => JSON.parse(JSON.stringify(value));

  test('is what graphql-js makes of the same data: nulls, coercion, error paths and their order', async () => {
    let withErrors = 0;
    for (let seed = 1; seed <= 400; seed += 1) {
      const data = objectFor(query, randomOf(seed), 4);
      const expected = await execute({ schema, document, rootValue: data });
      const { data: built, errors } = await runPlan(plan, shape, () => ({
        data: asJson(data) as Record<string, unknown>,
      }));
      const told = `seed ${seed}: ${JSON.stringify(data)}`;
      assert.equal(JSON.stringify(built), JSON.stringify(expected.data), told);
      assert.deepEqual(
        errors.map(({ path }) => path),
        (expected.errors ?? []).map(({ path }) => path),
        told,
      );
      if (errors.length > 0) withErrors += 1;
    }
    assert.ok(withErrors > 100 && withErrors < 390, `${withErrors} of 400 had errors`);
  });

  test('is the same whether it is built quickly or carefully', async () => {
    for (let seed = 1; seed <= 100; seed += 1) {
      const data = asJson(objectFor(query, randomOf(seed), 4)) as Record<string, unknown>;
      const quick = await runPlan(plan, shape, () => ({ data }));
      // An error at no place of the answer changes nothing but the way.
      const careful = await runPlan(plan, shape, () => ({
        data,
        errors: [{ path: ['elsewhere'], error: failure('x') }],
      }));
      assert.equal(JSON.stringify(careful.data), JSON.stringify(quick.data), `seed ${seed}`);
    }
  });
});

test('a custom scalar passes as it is', async () => {
  const value = { any: ['thing', null, 1.5] };
  const shape = { root: object('Query', [member('json', nullable(scalar('JSON', true)))]) };
  const { data } = await runPlan(planOf(root([field('json')])), shape, () => ({ data: { json: value } }));
  assert.deepEqual(data, { json: value });
});

test('where an interface object keeps its type unknown, the fields that all types share are answered', async () => {
  const abstract: ValueShape['of'] = {
    kind: 'abstract',
    type: 'Media',
    types: [{ name: 'Book', fields: 0 }],
    fieldLists: [[member('title')]],
    untyped: 0,
  };
  const shape = { root: object('Query', [member('media', nullable(list(nullable(abstract))))]) };
  const media = [{ title: 'a' }, { __typename: 'Book', title: 'b' }, { __typename: 'Hidden', title: 'c' }];
  const { data, told } = await runPlan(planOf(root([field('media', [field('title')])])), shape, () => ({
    data: { media },
  }));
  assert.deepEqual(data, { media: [{ title: 'a' }, { title: 'b' }, null] });
  assert.deepEqual(told, ['media.2: Query.media: expected a possible type of "Media", but got: Hidden']);
});
