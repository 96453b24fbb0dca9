import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { distinctRequests, exchangesOf, loadScenarios } from '../../../bench/scenarios.ts';
import { createShopUpstream } from '../../../bench/shop/schema.ts';

describe('the scenarios of the bench', () => {
  test('every one has an answer by the monolith without errors', async () => {
    for (const scenario of await loadScenarios()) {
      const [first] = await exchangesOf({ ...scenario, requests: scenario.requests.slice(0, 1) });
      assert.ok(first?.expected, scenario.name);
    }
  });

  test('heavy is about 87 KB and hop2 about 4 KB', async () => {
    const scenarios = await loadScenarios();
    const size = async (name: string): Promise<number> => {
      const scenario = scenarios.find((one) => one.name === name);
      const [exchange] = scenario ? await exchangesOf(scenario) : [];
      return JSON.stringify(exchange?.expected).length / 1000;
    };
    assert.equal(Math.round(await size('heavy')), 88);
    assert.equal(Math.round(await size('hop2')), 4);
  });

  test('no two distinct requests are equal, and neighbours ask for other products', () => {
    const requests = distinctRequests(5000);
    assert.equal(new Set(requests.map(({ query }) => query)).size, 5000);
    const pages = requests.slice(0, 200).map(({ query }) => /offset: \d+/.exec(query)?.[0]);
    assert.equal(new Set(pages).size, 200);
  });

  test('a gateway that sends no price and weight gets no shipping costs', async () => {
    const inventory = createShopUpstream('inventory');
    const query = 'query($of: [_Any!]!) { _entities(representations: $of) { ... on Product { shippingCents } } }';
    const ask = (given: object) =>
      inventory({ query, variables: { of: [{ __typename: 'Product', sku: 'bg-1001', ...given }] } });
    const answer = (shippingCents: number | null) => ({ _entities: [{ shippingCents }] });
    assert.deepEqual(JSON.parse(JSON.stringify(await ask({}))), { data: answer(null) });
    assert.deepEqual(JSON.parse(JSON.stringify(await ask({ cents: 450, grams: 120 }))), { data: answer(302) });
  });
});
