import assert from 'node:assert/strict';
import { setImmediate as turn } from 'node:timers/promises';
import { test } from 'node:test';
import type { Browser } from '../../../../src/server/graphiql/browser-types.ts';
import { watchFetch, type SeenAnswer } from '../../../../src/server/graphiql/watch-fetch.ts';
import { until } from '../../../support/until.ts';

const endpoint = 'http://gateway.test/graphql';

interface Watched {
  /** The page's `fetch`. */
  readonly send: typeof fetch;
  /** What plain `fetch` was called with, as far as headers go. */
  readonly sent: Headers[];
  readonly seen: (SeenAnswer | undefined)[];
}

/** A page whose plain `fetch` gives what `answer` gives. */
function watch(answer: (url: string) => Response | Promise<Response>, isOn = true): Watched {
  const sent: Headers[] = [];
  const seen: Watched['seen'] = [];
  const plain: typeof fetch = async (input, init) => {
    const request = new Request(input, init);
    sent.push(request.headers);
    return answer(request.url);
  };
  const { origin, pathname } = new URL(endpoint);
  const page = { fetch: plain, location: { href: `${endpoint}?query=x`, origin, pathname } } as Browser;
  watchFetch(page, { isOn: () => isOn, answered: (each) => seen.push(each) });
  return { send: (input, init) => page.fetch(input, init), sent, seen };
}

const bodyOf = (operationName: string): string => JSON.stringify({ operationName, query: '{ a }' });

const asks = (headers: Headers | undefined): readonly unknown[] => [
  headers?.get('weft-query-plan'),
  headers?.get('weft-timeline'),
];

test('an operation asks for plan and timeline, and keeps the headers that were typed', async () => {
  const { send, sent, seen } = watch(() =>
    Response.json({ data: {}, extensions: { queryPlan: 'QueryPlan {}\n', timeline: { version: 1 } } }, { status: 200 }),
  );
  const headers = { 'x-own': 'kept' };
  const response = await send(endpoint, { method: 'POST', body: bodyOf('Shop'), headers });
  assert.deepEqual([...asks(sent[0]), sent[0]?.get('x-own')], ['true', 'true', 'kept']);
  assert.deepEqual(((await response.json()) as { data: unknown }).data, {});
  await until(() => seen.length > 0);
  const expected = { operationName: 'Shop', status: 200, timeline: { version: 1 }, plan: 'QueryPlan {}\n' };
  assert.deepEqual(seen, [expected]);
  await send(new Request(endpoint, { method: 'POST', body: bodyOf('Shop'), headers }));
  assert.deepEqual([...asks(sent[1]), sent[1]?.get('x-own')], ['true', 'true', 'kept']);
});

test('nothing is asked for while the panel is closed, elsewhere, and of the schema', async () => {
  const closed = watch(() => Response.json({}), false);
  await closed.send(endpoint, { method: 'POST', body: bodyOf('Shop') });
  const open = watch(() => Response.json({}));
  await open.send('http://gateway.test/other', { method: 'POST', body: bodyOf('Shop') });
  await open.send('http://elsewhere.test/graphql', { method: 'POST', body: bodyOf('Shop') });
  await open.send(endpoint, { method: 'POST', body: bodyOf('IntrospectionQuery') });
  await turn();
  assert.deepEqual(
    [...closed.sent, ...open.sent].flatMap(asks),
    Array.from({ length: 8 }, () => null),
  );
  assert.deepEqual([closed.seen, open.seen], [[], []]);
});

test('an answer that comes after that of a later operation is not shown', async () => {
  const slow = Promise.withResolvers<Response>();
  const { send, seen } = watch((url) => (url.endsWith('slow') ? slow.promise : Response.json({})));
  const first = send(`${endpoint}?slow`, { method: 'POST', body: bodyOf('First') });
  await send(endpoint, { method: 'POST', body: bodyOf('Second') });
  await until(() => seen.length > 0);
  slow.resolve(Response.json({}));
  await (await first).text();
  await turn();
  assert.deepEqual(
    seen.map((each) => each?.operationName),
    ['Second'],
  );
});

test('a stream of events is passed on without a copy of it', async () => {
  const { send, seen } = watch(() => {
    const response = new Response('event: next\n\n', { headers: { 'content-type': 'text/event-stream' } });
    response.clone = () => assert.fail('was copied');
    return response;
  });
  const response = await send(endpoint, { method: 'POST', body: bodyOf('Ticks') });
  assert.equal(await response.text(), 'event: next\n\n');
  assert.deepEqual(seen, []);
});

test('an answer that is no JSON, or has another kind of timeline, reaches the page as it is', async () => {
  const headers = { 'content-type': 'application/graphql-response+json' };
  const texts = ['{"data":', 'null', '{"extensions":{"timeline":{"version":2},"queryPlan":7}}'];
  const { send, seen } = watch(() => new Response(texts[seen.length], { headers }));
  for (const text of texts) {
    const response = await send(endpoint, { method: 'POST', body: 'no JSON either' });
    assert.equal(await response.text(), text);
    await until(() => seen.length === texts.indexOf(text) + 1);
  }
  const empty = { operationName: '', status: 200, timeline: undefined, plan: undefined };
  assert.deepEqual(seen, [undefined, empty, empty]);
});
