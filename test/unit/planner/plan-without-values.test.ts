import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parse } from 'graphql';
import { normalise } from '../../../src/planner/normalise.ts';
import { planOperation } from '../../../src/planner/plan-operation.ts';
import type { Plan } from '../../../src/planner/plan.ts';
import { printPlanWithoutValues, printWithoutValues } from '../../../src/planner/plan-without-values.ts';
import { printPlan } from '../../../src/planner/print-plan.ts';
import { prepare } from './reference/check.ts';

const shop = prepare(
  parse(`
    enum join__Graph { A @join__graph(name: "a", url: "http://a.example") B @join__graph(name: "b", url: "http://b.example") }
    enum Order @join__type(graph: A) @join__type(graph: B) { UP @join__enumValue(graph: A) @join__enumValue(graph: B) }
    input By @join__type(graph: A) @join__type(graph: B) { name: String names: [String] size: Float count: Int order: Order on: Boolean }
    type Query @join__type(graph: A) @join__type(graph: B) { find(by: By, text: String): Product @join__field(graph: A) }
    type Product @join__type(graph: A, key: "id") @join__type(graph: B, key: "id") {
      id: ID!
      name(cut: Int): String @join__field(graph: A)
      stock(at: String, by: By): Int @join__field(graph: B)
    }
  `),
);

function planOf(text: string): Plan {
  const operation = normalise({ document: parse(text), schema: shop.schema, graph: shop.graph });
  return planOperation({ graph: shop.graph, operation });
}

const text = `query Find($place: String = "planted-default", $up: Order) {
  find(by: { name: "planted-1", names: ["planted-2", """planted-3"""], size: 4711.5, count: 4712, order: UP, on: true }, text: "planted-4") {
    short: name(cut: 4713)
    stock(at: $place, by: { order: $up, name: "planted-5" })
    ... on Product @include(if: true) { other: stock(at: "planted-6") }
  }
}`;

test('a plan without values holds no literal of the document, and every name', () => {
  const plan = planOf(text);
  const whole = printPlan(plan);
  assert.match(whole, /planted-1[^]*planted-6/);
  assert.match(whole, /4713/);
  const printed = printPlanWithoutValues(plan);
  assert.doesNotMatch(printed, /planted|47/);
  for (const name of ['service: "a"', 'service: "b"', 'find(', 'by:', 'order: UP', 'short:name', '$place', '$up'])
    assert.ok(printed.includes(name), `${name} in ${printed}`);
  assert.equal(printed.split('\n').length, whole.split('\n').length);
});

test('a document without values holds no literal, and no default of a variable', () => {
  const printed = printWithoutValues(parse(text));
  assert.doesNotMatch(printed, /planted|47/);
  assert.match(printed, /query Find\(\$place: String, \$up: Order\)/);
  assert.match(printed, /name: "", names: \["", ""\], size: 0, count: 0, order: UP, on: true/);
});
