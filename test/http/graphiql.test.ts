import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { buildSchema } from 'graphql';
import type { Browser, Page } from 'playwright-core';
import { launchBrowser } from '../support/browser.ts';
import { serveSchema, type ServedSchema } from '../support/serve-schema.ts';

const schema = buildSchema('type Query { hello(name: String): String answer: Int } type Subscription { tick: Int }');
const rootValue = { hello: ({ name = 'world' }: { name?: string }) => `Hello ${name}`, answer: () => 42 };
for (const [name, field] of Object.entries(schema.getQueryType()?.getFields() ?? {})) {
  field.resolve = (_source, args) => rootValue[name as keyof typeof rootValue](args);
}

const tick = schema.getSubscriptionType()?.getFields()['tick'];
assert.ok(tick);
tick.subscribe = async function* ticks() {
  yield { tick: 1000 };
  yield { tick: 1001 };
};

/** What Chromium sends when an address is typed. */
const browserAccept = 'text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,*/*;q=0.8';

function getPage(server: ServedSchema, headers: Record<string, string> = {}): Promise<Response> {
  return fetch(server.endpoint, { headers: { accept: browserAccept, ...headers } });
}

describe('the page', () => {
  let folder = '';
  let server: ServedSchema;
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'weft-graphiql-'));
    const firstOperation = join(folder, 'first.graphql');
    await writeFile(firstOperation, 'query First { hello(name: "</script><b>$&") }');
    server = await serveSchema(schema, { config: { firstOperation } });
  });
  after(async () => {
    await server.close();
    await rm(folder, { recursive: true });
  });

  test('is for browsers only: what likes JSON as much gets JSON', async () => {
    const page = await getPage(server);
    assert.equal(page.headers.get('content-type'), 'text/html; charset=utf-8');
    await page.body?.cancel();
    for (const accept of ['*/*', 'application/json, text/html;q=0.9', 'application/graphql-response+json']) {
      const response = await fetch(`${server.endpoint}?query={answer}`, { headers: { accept } });
      assert.deepEqual(await response.json(), { data: { answer: 42 } });
    }
  });

  test('travels compressed, and whole where the client takes no compression', async () => {
    const compressed = await getPage(server);
    assert.equal(compressed.headers.get('content-encoding'), 'gzip');
    assert.ok(Number(compressed.headers.get('content-length')) < 3_000_000);
    const text = await compressed.text();
    for (const coding of ['identity', 'gzip;q=0']) {
      const plain = await getPage(server, { 'accept-encoding': coding });
      assert.equal(plain.headers.get('content-encoding'), null);
      assert.equal(await plain.text(), text);
    }
  });

  test('is not sent again to a browser that has it', async () => {
    const first = await getPage(server);
    const etag = first.headers.get('etag') ?? '';
    await first.body?.cancel();
    const again = await getPage(server, { 'if-none-match': etag });
    assert.equal(again.status, 304);
    assert.equal(await again.text(), '');
    const other = await getPage(server, { 'if-none-match': '"other"' });
    assert.equal(other.status, 200);
    await other.body?.cancel();
  });

  test('is kept apart from data in caches, as both have one URL', async () => {
    const page = await getPage(server);
    assert.match(page.headers.get('vary') ?? '', /\baccept\b/);
    assert.equal(page.headers.get('cache-control'), 'no-cache');
    await page.body?.cancel();
  });

  test('lets nothing in from elsewhere', async () => {
    const page = await getPage(server);
    const policy = page.headers.get('content-security-policy') ?? '';
    assert.match(policy, /^default-src 'none'; script-src 'sha256-[^']+'; /);
    assert.doesNotMatch(policy, /https?:|\*|unsafe-eval|script-src[^;]*unsafe-inline/);
    assert.doesNotMatch(await page.text(), /(?:src|href)="https?:\/\/[^"]*\.(?:js|css|ico|png|woff2?)"/);
  });

  test('has no panel for timelines and plans where nobody gets either', async () => {
    assert.doesNotMatch(await (await getPage(server)).text(), /weft-(?:panel|timeline|query-plan)/);
  });

  test('holds the first operation as text, whatever is in it', async () => {
    const text = await (await getPage(server)).text();
    assert.ok(text.includes(String.raw`"query First { hello(name: \"\u003c/script>\u003cb>$&\") }"`));
  });

  test('is not there where the configuration turns it off', async () => {
    await using plain = await serveSchema(schema, { config: { graphiql: false } });
    const response = await getPage(plain);
    assert.equal(response.status, 400);
    assert.match(await response.text(), /Expected \\"query\\" to be a string/);
  });
});

describe('GraphiQL in a browser', () => {
  const strays: string[] = [];
  const failures: string[] = [];
  let folder = '';
  let server: ServedSchema;
  let browser: Browser;
  let page: Page;

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'weft-graphiql-'));
    const firstOperation = join(folder, 'first.graphql');
    await writeFile(firstOperation, 'query First { answer }');
    server = await serveSchema(schema, { config: { firstOperation } });
    browser = await launchBrowser();
    page = await browser.newPage();
    const isOwn = (url: string): boolean => url.startsWith(`${server.url}/`) || /^(?:data|blob):/.test(url);
    await page.route(
      (url) => !isOwn(url.href),
      (route) => route.abort(),
    );
    page.on('request', (request) => {
      if (!isOwn(request.url())) strays.push(request.url());
    });
    page.on('pageerror', (error) => failures.push(error.message));
    page.on('console', (message) => {
      if (message.type() === 'error') failures.push(message.text());
    });
    await page.goto(server.endpoint);
  });
  after(async () => {
    await browser.close();
    await server.close();
    await rm(folder, { recursive: true });
  });

  /** GraphiQL takes in what is typed after a pause; its tab then bears the operation's name. */
  async function typeAndRun(name: string, query: string): Promise<void> {
    await page.locator('.graphiql-editor .view-line').first().click();
    await page.keyboard.press('Control+A');
    await page.keyboard.insertText(query);
    await page.getByRole('tab', { name }).waitFor();
    await page.keyboard.press('Control+Enter');
  }

  test('opens with the configured operation and runs it by its button', async () => {
    assert.equal(await page.title(), 'Weft');
    await page.locator('.graphiql-editor').getByText('First').first().waitFor();
    await page.locator('button.graphiql-execute-button').click();
    await page.locator('.result-window').getByText('42').waitFor();
  });

  test('runs a query that is typed and shows its answer', async () => {
    await typeAndRun('Typed', 'query Typed { hello(name: "Weft") }');
    await page.locator('.result-window').getByText('Hello Weft').waitFor();
  });

  test('shows the events of a subscription', async () => {
    await typeAndRun('Ticks', 'subscription Ticks { tick }');
    await page.locator('.result-window').getByText('1001').waitFor();
  });

  test('keeps the typed operation over a reload', async () => {
    await typeAndRun('Kept', 'query Kept { answer }');
    await page.locator('.result-window').getByText('42').waitFor();
    await page.reload();
    await page.locator('.graphiql-editor').getByText('Kept').first().waitFor();
  });

  test('sends no request but to its own server, and reports no fault', () => {
    assert.deepEqual(strays, []);
    assert.deepEqual(failures, []);
  });
});
