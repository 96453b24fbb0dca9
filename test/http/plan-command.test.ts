import assert from 'node:assert/strict';
import { test } from 'node:test';
import { weft } from '../support/run-weft.ts';
import { demoFolder } from '../support/start-gateway.ts';

const dashboard = `${demoFolder}/schema/operations/dashboard.graphql`;

test('weft plan prints the calls of an operation file, with the ones that can go at once side by side', async (t) => {
  const { code, stdout } = await weft(t, ['plan', '--dir', demoFolder, dashboard]);
  assert.equal(code, 0);
  const services = [...stdout.matchAll(/Fetch\(service: "(\w+)"\)/g)].map(([, name]) => name);
  assert.deepEqual(services, ['gateway', 'users', 'orders', 'products', 'reviews', 'products', 'inventory']);
  assert.match(stdout, /^QueryPlan \{\n {2}Sequence \{\n {4}Fetch\(service: "gateway"\)[\s\S]+\n {4}Parallel \{/);
});

test('weft plan takes the operation as a text, and says where it does not fit the schema', async (t) => {
  const planned = await weft(t, ['plan', '--dir', demoFolder, '{ user(id: 1) { name } }']);
  assert.match(planned.stdout, /Fetch\(service: "users"\) \{\n\s+\{\n\s+user\(id:1\)/);
  const refused = await weft(t, ['plan', '--dir', demoFolder, '{ user(id: 1) { age } }']);
  assert.equal(refused.code, 1);
  assert.match(refused.stderr, /^weft: operation:1:17: Cannot query field "age" on type "User"\./);
});
