import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { parse } from 'graphql';
import { loadGatewayFolder } from '../../../src/config/load.ts';
import { makeFolder, readGateway, twoUpstreams } from './folder.ts';

const page = readFileSync(new URL('../../../docs/caching.md', import.meta.url), 'utf8');

function blocksOf(language: string): readonly string[] {
  return [...page.matchAll(new RegExp(`\`\`\`${language}\\n(.*?)\\n\`\`\``, 'gs'))].map(([, text = '']) => text);
}

const blocks = blocksOf('yaml');

const rest = 'kind: rest\ntargets: http://rest.test\n';

/** What the examples of docs/caching.md name beside themselves. */
const files = {
  ...twoUpstreams,
  ...Object.fromEntries(
    ['orders', 'products', 'news'].flatMap((name) => [
      [`upstreams/${name}.yaml`, rest],
      [`schema/${name}.graphql`, 'type Query { some: [ID!] }'],
      [`resolvers/${name}.ts`, ''],
    ]),
  ),
};

test('docs/caching.md has examples, and each of them is read here', () => {
  assert.equal(blocks.length, page.split('```yaml').length - 1);
  assert.ok(blocks.length >= 7);
});

for (const block of blocks) {
  test(`the example that begins with "${block.split('\n', 3).join(' / ')}" is a good configuration`, async (context) => {
    const isUpstream = block.startsWith('# upstreams/orders.yaml');
    const changed = isUpstream ? { 'upstreams/orders.yaml': `${rest}${block}\n` } : { 'gateway.yaml': block };
    const dir = await makeFolder(context, { ...files, ...changed });
    await loadGatewayFolder(dir, { REDIS_URL: 'redis://redis.test' });
  });
}

test('the examples of hints are GraphQL', () => {
  const hints = blocksOf('graphql');
  assert.ok(hints.length >= 2);
  for (const text of hints) assert.ok(parse(text).definitions.length > 0);
});

test('what the page calls defaults is so', async (context) => {
  const { gateway } = await readGateway(
    context,
    'cache: { graphql: true }\nroutes: [{ path: /a, upstream: users, cache: true }]',
  );
  const { cache, routes } = gateway;
  const [route] = routes;
  assert.deepEqual([cache.maxBytes, cache.maxEntryBytes, cache.timeoutMs], [64 * 1024 ** 2, 1024 ** 2, 10]);
  for (const text of ['maxSize: 64MiB ', 'maxEntrySize: 1MiB ', 'timeout: 10ms ']) assert.ok(page.includes(text), text);
  assert.ok(page.includes(`# default ${route?.cache?.statuses.join(', ')}\n`));
  assert.ok(page.includes(`# default ${route?.cache?.methods.join(' and ')}\n`));
  assert.deepEqual([cache.graphql?.obeysUpstreams, cache.graphql?.partial], [true, false]);
});
