import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { parse } from 'graphql';
import { Budget, type BudgetLimits } from '../../../src/planner/budget.ts';
import { PlanDeclined } from '../../../src/planner/errors.ts';
import { normalise } from '../../../src/planner/normalise.ts';
import { planOperation } from '../../../src/planner/plan-operation.ts';
import type { Plan } from '../../../src/planner/plan.ts';
import { printPlan } from '../../../src/planner/print-plan.ts';
import { shapeOf } from '../../../src/planner/shape-of.ts';
import { prepare } from './reference/check.ts';

const shop = prepare(
  parse(`
    enum join__Graph { A @join__graph(name: "a", url: "http://a.example") B @join__graph(name: "b", url: "http://b.example") }
    type Query @join__type(graph: A) @join__type(graph: B) {
      product(id: ID): Product @join__field(graph: A)
      lost: Lost @join__field(graph: A)
      found(representations: Int): [Found!]! @join__field(graph: A)
    }
    type Product @join__type(graph: A, key: "id") @join__type(graph: B, key: "id") {
      id: ID!
      name(cut: Int): String @join__field(graph: A)
      stock(at: String): Int @join__field(graph: B)
    }
    type Lost @join__type(graph: A) @join__type(graph: B) { here: Int @join__field(graph: A) there: Int @join__field(graph: B) }
    union Found @join__type(graph: A) @join__unionMember(graph: A, member: "Product") @join__unionMember(graph: A, member: "Lost") = Product | Lost
  `),
);

function plan(text: string, limits: BudgetLimits = {}): Plan {
  const budget = new Budget(limits);
  const operation = normalise({ document: parse(text), schema: shop.schema, graph: shop.graph, budget });
  return planOperation({ graph: shop.graph, operation, budget });
}

function shape(text: string) {
  return shapeOf(shop.schema, normalise({ document: parse(text), schema: shop.schema, graph: shop.graph }));
}

test('a plan is plain data: it is the same after a trip through JSON, and the same each time', () => {
  const text = 'query($cut: Int) { product { name(cut: $cut) stock } found { ... on Product { stock } } }';
  assert.deepEqual(JSON.parse(JSON.stringify(plan(text))), plan(text));
});

test('every fetch comes after those it needs', () => {
  for (const fetch of plan('{ product { name stock } }').fetches) assert.ok(fetch.after.every((id) => id < fetch.id));
});

test('a field that no upstream gives declines the plan and names the field', () => {
  assert.throws(
    () => plan('query Look { lost { here there } }'),
    (error: unknown) => {
      assert.ok(error instanceof PlanDeclined);
      assert.equal(error.reason, 'UNRESOLVABLE_FIELD');
      assert.equal(error.message, 'query "Look": no upstream gives "lost.there"');
      return true;
    },
  );
});

describe('an operation that is over the budget is declined by name', () => {
  const declined = (message: string) => ({ name: 'PlanDeclined', reason: 'BUDGET_EXCEEDED', message });
  const text = 'query Big { product { name stock } }';

  test('for its steps', () => {
    assert.throws(() => plan(text, { maxSteps: 2 }), declined('query "Big" takes more than 2 planning steps'));
  });

  test('for its fields, fragments inlined', () => {
    const spreads = Array.from({ length: 30 }, (_, n) => `a${n}: product { ...F }`);
    const many = `{ ${spreads.join(' ')} } fragment F on Product { id name stock }`;
    assert.equal(plan(many, { maxFields: 120 }).fetches.length, 2);
    assert.throws(() => plan(many, { maxFields: 119 }), declined('the unnamed query has more than 119 fields'));
  });

  test('for its time', () => {
    const aliases = Array.from({ length: 200 }, (_, n) => `a${n}: product { name }`);
    const late = { isOverdue: () => true };
    assert.throws(
      () => plan(`query Slow { ${aliases.join(' ')} }`, late),
      declined('query "Slow" takes too long to plan'),
    );
    assert.equal(plan(text, late).fetches.length, 2);
  });
});

test('a variable of the client does not take the name of the representations', () => {
  const [, entities] = plan('query($representations: String) { product { stock(at: $representations) } }').fetches;
  assert.equal(
    entities?.text,
    'query($_representations:[_Any!]!,$representations:String){_entities(representations:$_representations){...on Product{stock(at:$representations)}}}',
  );
});

test('a fetch declares only the variables it uses, with their defaults', () => {
  const [root, entities] = plan(
    'query($cut: Int = 3, $at: String) { product { name(cut: $cut) stock(at: $at) } }',
  ).fetches;
  assert.equal(root?.text, 'query($cut:Int=3){product{name(cut:$cut) id}}');
  assert.deepEqual(entities?.variables, [{ name: 'at', type: 'String' }]);
});

test('two conditions of one kind are put on a fragment around the field', () => {
  const [root] = plan(
    'query($a: Boolean!, $b: Boolean!) { product { id ... @include(if: $a) { name @include(if: $b) } } }',
  ).fetches;
  assert.equal(root?.text, 'query($a:Boolean!,$b:Boolean!){product{id ...@include(if:$b){name @include(if:$a)}}}');
});

test('a call that is only needed under a condition carries it, and its text does not', () => {
  const [, entities] = plan('query($a: Boolean!) { product { id stock @skip(if: $a) } }').fetches;
  assert.deepEqual(entities?.conditions, [{ variable: 'a', is: false }]);
  assert.doesNotMatch(entities?.text ?? '', /@skip/);
});

test('introspection and __typename of the root need no upstream', () => {
  const text =
    'query($full: Boolean!) { __typename s: __schema { queryType { ...Name } } __type(name: "Product") @include(if: $full) { name } } fragment Name on __Type { name }';
  assert.deepEqual(plan(text).fetches, []);
  assert.equal(printPlan(plan(text)), 'QueryPlan {}\n');
  const { root, introspection } = shape(text);
  assert.deepEqual(
    root.fields.map(({ responseKey, source }) => [responseKey, source]),
    [
      ['__typename', 'typename'],
      ['s', 'introspection'],
      ['__type', 'introspection'],
    ],
  );
  assert.match(introspection ?? '', /fragment Name on __Type/);
});

test('the shape finds a value under the name it has in the data', () => {
  const { root } = shape('{ product { __a: name name: stock } }');
  const product = root.fields[0]?.value.of;
  assert.ok(product?.kind === 'object');
  assert.deepEqual(
    product.fields.map(({ responseKey, dataKey }) => [responseKey, dataKey]),
    [
      ['__a', '_weft_name_1'],
      ['name', 'name'],
    ],
  );
});

test('a field that is asked for twice stands where it first holds', () => {
  const { root } = shape('query($a: Boolean!) { product { name @include(if: $a) id name } }');
  const product = root.fields[0]?.value.of;
  assert.ok(product?.kind === 'object');
  assert.deepEqual(
    product.fields.map(({ responseKey, when }) => [responseKey, when]),
    [
      ['name', [[{ variable: 'a', is: true }]]],
      ['id', []],
      ['name', [[{ variable: 'a', is: false }]]],
    ],
  );
});

test('types of an abstract value with equal fields share a list', () => {
  const { root } = shape('{ found { ... on Product { id } } }');
  const list = root.fields[0]?.value.of;
  assert.ok(list?.kind === 'list' && list.item.of.kind === 'abstract');
  assert.deepEqual(list.item.of.types, [
    { name: 'Lost', fields: 0 },
    { name: 'Product', fields: 1 },
  ]);
});

test('a fragment spread many times is read once', () => {
  const levels = Array.from(
    { length: 40 },
    (_, level) => `fragment F${level} on Query { ...F${level + 1} ...F${level + 1} }`,
  );
  const [root] = plan(`{ ...F0 } ${levels.join(' ')} fragment F40 on Query { product { id } }`).fetches;
  assert.equal(root?.text, '{product{id}}');
});

test('a mutation or subscription is never sent to two upstreams for parts of its answer', () => {
  const shared = prepare(
    parse(`
      enum join__Graph { A @join__graph(name: "a", url: "http://a.example") B @join__graph(name: "b", url: "http://b.example") }
      type Query @join__type(graph: A) { part: Parts }
      type Mutation @join__type(graph: A) @join__type(graph: B) { pay: Parts }
      type Subscription @join__type(graph: A) @join__type(graph: B) { paid: Parts }
      type Parts @join__type(graph: A) @join__type(graph: B) { here: Int @join__field(graph: A) there: Int @join__field(graph: B) }
    `),
  );
  for (const text of ['mutation { pay { here there } }', 'subscription { paid { here there } }']) {
    assert.throws(() => shared.plan({ document: parse(text) }), { name: 'PlanDeclined', reason: 'UNRESOLVABLE_FIELD' });
  }
});
