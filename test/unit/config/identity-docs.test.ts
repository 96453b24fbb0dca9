import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { loadGatewayFolder } from '../../../src/config/load.ts';
import { makeFolder, twoUpstreams } from './folder.ts';
import { certificate, privateKey } from './pem.ts';

const page = readFileSync(new URL('../../../docs/identity.md', import.meta.url), 'utf8');
const blocks = [...page.matchAll(/```yaml\n([^`]+)```/g)].map(([, text = '']) => text);

/** What the examples of docs/identity.md name beside themselves. */
const files = {
  ...twoUpstreams,
  'upstreams/orders.yaml': 'kind: rest\ntargets: http://orders.test\n',
  'schema/orders.graphql': 'type Query { orders: [ID!] }',
  'resolvers/orders.ts': '',
  'policies.ts': '',
  'tls/cert.pem': certificate,
  'tls/ca.pem': certificate,
  'tls/key.pem': privateKey,
};
const env = {
  JWT_SECRET: 'a'.repeat(32),
  INTROSPECTION_SECRET: 'b',
  ACME_PASSWORD_HASH: '$scrypt$ln=15,r=8,p=1$c2FsdHNhbHQ$aGFzaA',
};

test('docs/identity.md has examples', () => {
  assert.ok(blocks.length >= 9);
});

for (const block of blocks) {
  test(`the example that begins with "${block.slice(0, block.indexOf('\n'))}" is a good configuration`, async (context) => {
    const isUpstream = block.startsWith('# upstreams/orders.yaml');
    const changed = isUpstream
      ? { 'upstreams/orders.yaml': `${files['upstreams/orders.yaml']}${block}` }
      : { 'gateway.yaml': block };
    const dir = await makeFolder(context, { ...files, ...changed });
    await loadGatewayFolder(dir, env);
  });
}
