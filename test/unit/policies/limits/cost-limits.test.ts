import assert from 'node:assert/strict';
import { test } from 'node:test';
import { buildSchema, parse } from 'graphql';
import type { CostConfig } from '../../../../src/config/limit-types.ts';
import { anonymous } from '../../../../src/identity/caller.ts';
import { createCostLimits } from '../../../../src/policies/limits/cost-limits.ts';
import { createRequestScope } from '../../../../src/upstream/scope.ts';

const text = 'type Query { a: Int }';
const config: CostConfig = {
  mode: 'enforce',
  ...{ max: undefined, tiers: {}, defaultListSize: 10, show: false },
  upstreams: { default: 10, byName: {} },
};

test('where upstreams have budgets, an operation that is too tangled to be told for each does not run', () => {
  const costs = createCostLimits({ config, isCounted: false, supergraph: parse(text), schema: buildSchema(text) });
  const { signal } = new AbortController();
  const scope = createRequestScope({ headers: {}, signal, responseHeaderRules: {}, caller: anonymous });
  const estimate = { points: 1, dearest: undefined, error: undefined };
  const operation = { estimate: () => estimate, actual: () => 1 };
  const refused = costs?.refusalOf({ operation, upstreams: 'tangled' }, { estimate, variables: {}, scope });
  assert.match(refused?.message ?? '', /too large/);
  assert.equal(costs?.refusalOf({ operation, upstreams: undefined }, { estimate, variables: {}, scope }), undefined);
});
