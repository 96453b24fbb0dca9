import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import type { Browser, Page } from 'playwright-core';
import { loadGatewayFolder } from '../../src/config/load.ts';
import { launchBrowser } from '../support/browser.ts';
import { demoFolder, startGateway, type TestGateway } from '../support/start-gateway.ts';

// With `WEFT_SCREENSHOT=docs/images/graphiql-timeline.png` the picture of the documentation is made anew.
const screenshot = process.env['WEFT_SCREENSHOT'];

describe('GraphiQL of a gateway that shows timelines and plans', () => {
  let gateway: TestGateway;
  let browser: Browser;
  let page: Page;

  before(async () => {
    const { gateway: config } = await loadGatewayFolder(demoFolder, {});
    const graphql = { ...config.graphql, queryPlan: true, timeline: true };
    gateway = await startGateway({ gateway: { graphql, engine: 'compiled' } });
    browser = await launchBrowser();
    page = await browser.newPage({ viewport: { width: 1280, height: 860 }, colorScheme: 'light' });
    await page.goto(`${gateway.url}/graphql`);
  });
  after(async () => {
    await browser.close();
    await gateway.close();
  });

  test('draws the calls of an operation over several upstreams, and its plan', async () => {
    await page.getByRole('tab', { name: 'Dashboard' }).waitFor();
    await page.getByRole('button', { name: 'Timeline' }).click();
    // A picture is of the usual: the first runs plan, and open connections.
    for (let run = 0; run < (screenshot ? 40 : 1); run++) {
      const answered = page.waitForResponse((response) => response.request().method() === 'POST');
      await page.getByRole('button', { name: 'Execute query' }).click();
      await answered;
    }
    const drawer = page.getByRole('complementary', { name: 'Timeline and query plan' });
    await drawer.getByText(/^Dashboard · HTTP 200 · /).waitFor();
    const rows = drawer.getByRole('list', { name: 'Calls to upstreams' }).getByRole('button');
    const upstreams = await rows.locator('b').allTextContents();
    const called = new Set(upstreams);
    for (const upstream of ['users', 'orders', 'products', 'reviews', 'inventory'])
      assert.ok(called.has(upstream), upstream);
    assert.equal(await rows.locator('.weft-bar').count(), upstreams.length);
    for (const upstream of called) {
      await drawer
        .getByRole('button', { name: `Fetch(service: "${upstream}")` })
        .first()
        .waitFor();
    }
  });

  test('links a fetch of the plan to the call that it made', async () => {
    const fetch = page.getByRole('button', { name: 'Fetch(service: "reviews")' });
    await fetch.click();
    const lit = page.locator('.weft-row.weft-linked');
    assert.deepEqual(new Set(await lit.locator('b').allTextContents()), new Set(['reviews']));
    await page.getByRole('tooltip').getByText('Bytes in').waitFor();
    if (screenshot) await page.screenshot({ path: screenshot });
  });
});
