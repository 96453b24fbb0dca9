import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { test } from 'node:test';
import { loadGatewayFolder } from '../../../src/config/load.ts';
import { makeFolder, readGateway, twoUpstreams } from './folder.ts';

const folder = new URL('../../../docs/', import.meta.url);
const pages = ['telemetry', 'logs', 'metrics', 'graphiql'] as const;
const texts = Object.fromEntries(pages.map((page) => [page, readFileSync(new URL(`${page}.md`, folder), 'utf8')]));

/** What the examples name beside themselves. */
const routes = 'routes: [{ path: /api/users, upstream: users }]';
const tiers = 'tiers: { gold: {} }';

for (const page of pages) {
  const blocks = [...(texts[page] ?? '').matchAll(/```yaml\n(.*?)\n```/gs)].map(([, text = '']) => text);

  test(`docs/${page}.md has examples, and each of them is read here`, () => {
    assert.ok(blocks.length > 0);
    assert.equal(blocks.length, (texts[page] ?? '').split('```yaml').length - 1);
  });

  for (const block of blocks) {
    test(`the example of ${page} that begins with "${block.split('\n', 2).join(' / ')}" is a good configuration`, async (context) => {
      const dir = await makeFolder(context, { ...twoUpstreams, 'gateway.yaml': `${block}\n${routes}\n${tiers}\n` });
      await loadGatewayFolder(dir, { OTLP_TOKEN: 'token' });
    });
  }
}

test('links between the pages lead somewhere', () => {
  for (const [page, text] of Object.entries(texts)) {
    for (const [, file = ''] of text.matchAll(/\]\(([\w./-]+\.(?:md|json|png))\)/g)) {
      assert.ok(existsSync(new URL(file, folder)), `${page}.md: ${file}`);
    }
  }
});

test('what the pages call defaults is so', async (context) => {
  const { gateway } = await readGateway(context, '{}');
  const { telemetry, log, graphql } = gateway;
  assert.deepEqual([telemetry.traces, telemetry.metrics, telemetry.serverTiming], [undefined, undefined, false]);
  assert.deepEqual([log.access, log.level, log.slowerThanMs, log.format], [undefined, 'info', 0, 'auto']);
  const { gateway: withLines } = await readGateway(context, 'log: { access: true }');
  assert.equal(withLines.log.slowerThanMs, 1000);
  assert.deepEqual([graphql.queryPlan, graphql.timeline ?? false], [false, false]);
});
