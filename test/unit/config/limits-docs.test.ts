import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import type { DocumentBounds } from '../../../src/config/limit-types.ts';
import { loadGatewayFolder } from '../../../src/config/load.ts';
import { makeFolder, twoUpstreams } from './folder.ts';
import { limitDefaults } from './limit-defaults.ts';

const page = readFileSync(new URL('../../../docs/limits.md', import.meta.url), 'utf8');
const blocks = [...page.matchAll(/```yaml\n(.*?)\n```/gs)].map(([, text = '']) => text);

/** What the examples of docs/limits.md name beside themselves. */
const files = {
  ...twoUpstreams,
  'upstreams/orders.yaml': 'kind: rest\ntargets: http://orders.test\n',
  'schema/orders.graphql': 'type Query { orders: [ID!] }',
  'resolvers/orders.ts': '',
  'manifest.json': '{}',
};
const env = { REDIS_URL: 'redis://redis.test', REDIS_PASSWORD: 'a', CDN_TOKEN: 'b' };

test('docs/limits.md has examples, and each of them is read here', () => {
  assert.equal(blocks.length, page.split('```yaml').length - 1);
  assert.ok(blocks.length >= 10);
});

for (const block of blocks) {
  test(`the example that begins with "${block.split('\n', 3).join(' / ')}" is a good configuration`, async (context) => {
    const isUpstream = block.startsWith('# upstreams/orders.yaml');
    const changed = isUpstream
      ? { 'upstreams/orders.yaml': `${files['upstreams/orders.yaml']}${block}\n` }
      : { 'gateway.yaml': block };
    const dir = await makeFolder(context, { ...files, ...changed });
    await loadGatewayFolder(dir, env);
  });
}

test('the bounds of documents that the page calls defaults are', async (context) => {
  const block = blocks.find((text) => text.includes('maxAliases'));
  assert.ok(block !== undefined);
  const dir = await makeFolder(context, { ...files, 'gateway.yaml': block });
  const { gateway } = await loadGatewayFolder(dir, env);
  assert.deepEqual(gateway.limits.documents, limitDefaults.documents);
  const bounds = Object.keys(limitDefaults.documents.bounds) as readonly (keyof DocumentBounds)[];
  for (const bound of bounds) assert.match(block, new RegExp(`${bound}:`));
});
