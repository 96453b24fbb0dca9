import assert from 'node:assert/strict';
import { test } from 'node:test';
import { loadGatewayFolder } from '../../src/config/load.ts';
import { demoFolder, startGateway } from '../support/start-gateway.ts';

const query = '{ user(id: 1) { name } }';
const asking = { 'weft-query-plan': 'true' };

async function startWith(queryPlan: boolean) {
  const { gateway } = await loadGatewayFolder(demoFolder, {});
  return startGateway({ gateway: { graphql: { ...gateway.graphql, queryPlan } } });
}

test('a request that asks for it gets its plan, where the configuration allows', async (t) => {
  const { query: ask, close } = await startWith(true);
  t.after(close);
  const shown = JSON.parse((await ask(query, {}, asking)).text) as {
    readonly extensions?: { readonly queryPlan: string };
  };
  assert.match(shown.extensions?.queryPlan ?? '', /^QueryPlan \{\n {2}Fetch\(service: "users"\)/);
  assert.doesNotMatch((await ask(query)).text, /QueryPlan/);
});

test('nobody gets a plan where the configuration does not say so', async (t) => {
  const { query: ask, close } = await startWith(false);
  t.after(close);
  assert.doesNotMatch((await ask(query, {}, asking)).text, /extensions|QueryPlan/);
});
