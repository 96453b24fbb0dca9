import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { after, before, describe, test } from 'node:test';
import type { Browser, Page } from 'playwright-core';
import { createGraphiqlPage } from '../../src/server/graphiql.ts';
import type { Timeline, TimelineCall } from '../../src/telemetry/timeline.ts';
import { launchBrowser } from '../support/browser.ts';

type Extensions = Readonly<Record<string, unknown>>;

const call: TimelineCall = {
  upstream: 'users',
  kind: 'graphql',
  method: 'POST',
  template: '',
  operationName: 'Shop__users',
  start: 1.2,
  wait: 0.2,
  headers: 7.9,
  time: 8.4,
  isRunning: false,
  status: 200,
  error: null,
  source: 'upstream',
  attempts: 1,
  batch: 1,
  requestBytes: 130,
  responseBytes: 2048,
};

function timelineOf(calls: readonly TimelineCall[]): Timeline {
  const phases = [{ name: 'entrance', start: 0, time: 0.4 } as const, { name: 'plan', start: 0.4, time: 0.7 } as const];
  return { version: 1, total: 21.5, upstream: 19.1, cache: 'miss', phases, calls };
}

const orders: TimelineCall = {
  ...call,
  ...{ upstream: 'orders', kind: 'rest', method: 'GET', template: '/orders/{id}', operationName: null },
  ...{ start: 10, wait: null, headers: null, time: 10.3, status: 0, error: 'UPSTREAM_TIMEOUT', attempts: 3, batch: 4 },
};

const plan = `QueryPlan {
  Sequence {
    Fetch(service: "users") {
      {
        users {
          id
        }
      }
    }
    Flatten(path: "users.@") {
      Fetch(service: "orders") {
        {
          ... on User {
            __typename
            id
          }
        } =>
        {
          ... on User {
            orders {
              total
            }
          }
        }
      }
    }
  }
}
`;

interface PageServer {
  readonly url: string;
  /** Whether plan and timeline were asked for, by each request but GraphiQL's own for the schema. */
  readonly asked: (readonly [plan: unknown, timeline: unknown])[];
  readonly close: () => Promise<void>;
}

/** The page, at the endpoint of a server that answers every operation with these extensions. */
async function servePage(extensionsOf: (operationName: string) => Extensions | undefined): Promise<PageServer> {
  const sendPage = createGraphiqlPage({ firstOperation: undefined, showsPanel: true });
  const asked: PageServer['asked'] = [];
  const server = createServer((req, res) => {
    if (req.method === 'GET') {
      void sendPage(req, res);
      return;
    }
    void text(req).then((body) => {
      const { operationName = '' } = JSON.parse(body) as { readonly operationName?: string };
      const { 'weft-query-plan': asksPlan, 'weft-timeline': asksTimeline } = req.headers;
      if (operationName !== 'IntrospectionQuery' || asksPlan) asked.push([asksPlan, asksTimeline]);
      const extensions = extensionsOf(operationName);
      const answer = { data: { ran: operationName }, ...(extensions && { extensions }) };
      res.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(answer));
    });
  });
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  const close = async (): Promise<void> => {
    server.closeAllConnections();
    await new Promise((resolve) => {
      server.close(resolve);
    });
  };
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/graphql`, asked, close };
}

describe('the panel of GraphiQL', () => {
  const failures: string[] = [];
  const answers: Record<string, Extensions> = {};
  let browser: Browser;
  let server: PageServer;
  let page: Page;

  before(async () => {
    server = await servePage((name) => answers[name]);
    browser = await launchBrowser();
    page = await browser.newPage({ viewport: { width: 1280, height: 800 } });
    page.on('pageerror', (error) => failures.push(error.message));
    page.on('console', (message) => {
      if (message.type() === 'error') failures.push(message.text());
    });
  });
  after(async () => {
    await browser.close();
    await server.close();
  });

  /** Opens the page on an operation of this name, and runs it. */
  async function openAndRun(name: string, extensions: Extensions): Promise<void> {
    answers[name] = extensions;
    await page.goto(`${server.url}?query=${encodeURIComponent(`query ${name} { __typename }`)}`);
    await page.getByRole('tab', { name }).waitFor();
    await page.locator('button.graphiql-execute-button').click();
    await page.locator('.result-window').getByText(`"${name}"`).waitFor();
  }

  /** As GraphiQL does it, by the page's `fetch`, without its load of half a second. */
  async function run(name: string, extensions: Extensions): Promise<void> {
    answers[name] = extensions;
    await page.evaluate(
      async (body) => {
        await fetch('/graphql', { method: 'POST', body });
      },
      JSON.stringify({ operationName: name }),
    );
  }

  const button = () => page.getByRole('button', { name: 'Timeline' });
  const drawer = () => page.getByRole('complementary', { name: 'Timeline and query plan' });
  const rows = () => drawer().getByRole('list', { name: 'Calls to upstreams' }).getByRole('button');

  test('asks for nothing and shows nothing until it is opened', async () => {
    await openAndRun('Closed', { timeline: timelineOf([call]), queryPlan: plan });
    assert.deepEqual(server.asked.splice(0), [[undefined, undefined]]);
    assert.equal(await drawer().isVisible(), false);
    assert.equal(await button().getAttribute('aria-expanded'), 'false');
  });

  test('asks for plan and timeline while it is open, which outlasts a reload', async () => {
    await button().click();
    await drawer().getByText('Run an operation').waitFor();
    await openAndRun('Drawn', { timeline: timelineOf([call, orders]), queryPlan: plan });
    assert.deepEqual(server.asked.splice(0), [['true', 'true']]);
    await drawer().getByText('Drawn · HTTP 200 · 21.5 ms · gateway 2.40 ms · upstreams 19.1 ms · 2 calls').waitFor();
  });

  test('draws a bar for each call, at its place in time and in the colour of its source', async () => {
    assert.equal(await rows().count(), 2);
    const [first, second] = await rows().all();
    const bar = first?.locator('.weft-bar');
    assert.match((await bar?.getAttribute('class')) ?? '', /weft-upstream/);
    assert.match((await bar?.getAttribute('style')) ?? '', /left: 5\.581%; width: 39\.07%/);
    assert.match((await second?.locator('.weft-bar').getAttribute('class')) ?? '', /weft-failed/);
    assert.match((await second?.textContent()) ?? '', /orders GET \/orders\/\{id\} ×4/);
  });

  test('tells all figures of a call to who comes by the keyboard', async () => {
    await rows().first().focus();
    await page.keyboard.press('ArrowDown');
    const tooltip = page.getByRole('tooltip');
    const figures = (await tooltip.innerText()).split('\n');
    for (const figure of ['never sent', 'none came', '10.3 ms', 'UPSTREAM_TIMEOUT', '3', '4', '130 B', '2.0 kB']) {
      assert.ok(figures.includes(figure), `${figure} in ${figures.join(' ')}`);
    }
    await page.keyboard.press('Escape');
    assert.equal(await tooltip.isVisible(), false);
    assert.equal(await drawer().isVisible(), true);
  });

  test('leads from a fetch of the plan to its call', async () => {
    const fetch = drawer().getByRole('button', { name: 'Fetch(service: "orders")' });
    assert.match(
      await drawer().locator('pre').innerText(),
      /Flatten\(path: "users\.@"\) \{\n +Fetch\(service: "orders"\)/,
    );
    await fetch.click();
    const second = rows().nth(1);
    assert.equal(
      await second.evaluate((row: unknown) => row === Reflect.get(globalThis, 'document').activeElement),
      true,
    );
    assert.match((await fetch.getAttribute('class')) ?? '', /weft-linked/);
  });

  test('shows names as text, whatever is in them', async () => {
    const markup = '<img src=x onerror="window.hit=1"><b>bold</b>';
    const evil = { ...call, upstream: markup, operationName: markup, error: markup as never };
    await run('Evil', {
      timeline: timelineOf([evil]),
      queryPlan: `QueryPlan {\n  Fetch(service: "${markup.replaceAll('"', "'")}") {\n  }\n}\n`,
    });
    await drawer().getByText('Evil · HTTP 200').waitFor();
    await rows().first().focus();
    await page.getByRole('tooltip').getByText(markup).first().waitFor();
    assert.equal(await drawer().locator('img, b >> text=/^bold$/').count(), 0);
    assert.equal(await page.evaluate(() => Reflect.get(globalThis, 'hit') as unknown), undefined);
    assert.ok((await rows().first().textContent())?.includes(`${markup} ${markup}`));
  });

  test('says how to turn on what an answer lacks', async () => {
    await run('Neither', {});
    await drawer().getByText('The answer has no timeline').waitFor();
    await drawer().getByText('graphql: { timeline: true }').waitFor();
    await drawer().getByText('graphql: { queryPlan: true }').waitFor();
    assert.equal(await rows().count(), 0);
  });

  test('is dark where GraphiQL is', async () => {
    const background = (): Promise<string> =>
      drawer().evaluate((node: unknown) => {
        const styleOf = Reflect.get(globalThis, 'getComputedStyle') as (of: unknown) => { backgroundColor: string };
        return styleOf(node).backgroundColor;
      });
    await page.emulateMedia({ colorScheme: 'light' });
    const light = await background();
    await page.emulateMedia({ colorScheme: 'dark' });
    assert.notEqual(await background(), light);
    await page.emulateMedia({ colorScheme: null });
  });

  test('closes by Escape and then asks for nothing', async () => {
    await rows().first().or(button()).first().focus();
    await page.keyboard.press('Escape');
    assert.equal(await drawer().isVisible(), false);
    server.asked.splice(0);
    await run('Later', {});
    assert.deepEqual(server.asked.splice(0), [[undefined, undefined]]);
  });

  test('breaks no rule of the page and reports no fault', () => {
    assert.deepEqual(failures, []);
  });
});
