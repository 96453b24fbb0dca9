import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ExecutionResult } from 'graphql';
import type { UpstreamConfig } from '../../src/config/types.ts';
import { GatewayError } from '../../src/errors.ts';
import { createFederationFacade } from '../../src/upstream/facade/federation.ts';
import { cutOff, startFakeUpstream, type FakeAnswer, type FakeHandler } from '../support/fake-upstream.ts';
import { ask, connect, testScope } from '../support/graphql-upstream.ts';

function originalOf({ errors }: ExecutionResult): GatewayError {
  const original = errors?.[0]?.originalError;
  assert.ok(original instanceof GatewayError);
  return original;
}

async function answerTo(handler: FakeHandler, given: Partial<UpstreamConfig> = {}) {
  const server = await startFakeUpstream(handler);
  const connection = connect(server.url, given);
  try {
    return await ask(createFederationFacade(connection), { query: '{ top { id } }' });
  } finally {
    await connection.close();
    await server.close();
  }
}

const response = { 'content-type': 'application/graphql-response+json' };
const html = { 'content-type': 'text/html' };
const good = { data: { top: [] } };
const refused = { errors: [{ message: 'no', extensions: { code: 'BAD_TOKEN' } }] };

const read: readonly (readonly [promise: string, answer: FakeAnswer, data: unknown, codes: readonly string[]])[] = [
  ['a GraphQL media type counts with 2xx', { json: good, headers: response }, { top: [] }, []],
  ['a GraphQL media type counts with 4xx', { status: 400, json: refused, headers: response }, null, ['BAD_TOKEN']],
  [
    'a GraphQL media type counts with 5xx, data and all',
    { status: 500, json: { ...good, ...refused }, headers: response },
    { top: [] },
    ['BAD_TOKEN'],
  ],
  ['a GraphQL media type counts with 5xx', { status: 500, json: good, headers: response }, { top: [] }, []],
  [
    'JSON as text of another kind does not count',
    { body: JSON.stringify(good), headers: html },
    null,
    ['UPSTREAM_BAD_RESPONSE'],
  ],
  ['plain JSON counts with 2xx', { json: good }, { top: [] }, []],
  [
    'parameters of the media type do not matter',
    { json: good, headers: { 'content-type': 'Application/JSON; charset=utf-8' } },
    { top: [] },
    [],
  ],
  ['a missing media type leaves it to the body', { body: JSON.stringify(good) }, { top: [] }, []],
  ['plain JSON with 4xx gives its errors', { status: 401, json: refused }, null, ['BAD_TOKEN']],
  [
    'plain JSON with 5xx gives its errors and data',
    { status: 502, json: { ...good, ...refused } },
    { top: [] },
    ['BAD_TOKEN'],
  ],
  ['data beside errors stays', { json: { data: { top: null }, ...refused } }, { top: null }, ['BAD_TOKEN']],
  ['a 401 of something else', { status: 401, body: 'no', headers: html }, null, ['UNAUTHENTICATED']],
  ['a 403 of something else', { status: 403, json: { error: 'x' } }, null, ['FORBIDDEN']],
  ['a 429 of something else', { status: 429, body: '' }, null, ['UPSTREAM_RATE_LIMITED']],
  ['a 503 of something else', { status: 503, body: '<h1>', headers: html }, null, ['UPSTREAM_FAILED']],
  ['a 500 with data alone', { status: 500, json: good }, null, ['UPSTREAM_FAILED']],
  ['a 404 of something else', { status: 404, body: '<h1>', headers: html }, null, ['UPSTREAM_BAD_RESPONSE']],
  ['a redirect', { status: 302, headers: { location: '/login' } }, null, ['UPSTREAM_BAD_RESPONSE']],
  ['an HTML page with 200', { body: '<h1>', headers: html }, null, ['UPSTREAM_BAD_RESPONSE']],
  ['no body', { body: '', headers: response }, null, ['UPSTREAM_BAD_RESPONSE']],
  ['half a body', { body: '{"data":{"to', headers: response }, null, ['UPSTREAM_BAD_RESPONSE']],
  ['a list', { json: [good] }, null, ['UPSTREAM_BAD_RESPONSE']],
  ['null', { json: null }, null, ['UPSTREAM_BAD_RESPONSE']],
  ['neither data nor errors', { json: {} }, null, ['UPSTREAM_BAD_RESPONSE']],
  ['null data without errors', { json: { data: null } }, null, ['UPSTREAM_BAD_RESPONSE']],
  ['no data and an empty list of errors', { json: { errors: [] } }, null, ['UPSTREAM_BAD_RESPONSE']],
  ['data that is a text', { json: { data: 'x' } }, null, ['UPSTREAM_BAD_RESPONSE']],
  ['data that is a list', { json: { data: [] } }, null, ['UPSTREAM_BAD_RESPONSE']],
  ['data that is a list beside errors', { json: { data: [], ...refused } }, null, ['UPSTREAM_BAD_RESPONSE']],
  ['errors that are no list', { json: { errors: 'x' } }, null, ['UPSTREAM_ERROR']],
  [
    'errors of any shape',
    { json: { errors: [null, 'x', 7, [], {}, { message: 7, path: 'a', extensions: null }] } },
    null,
    Array<string>(6).fill('UPSTREAM_ERROR'),
  ],
  [
    'a code that is no code',
    {
      json: {
        errors: [
          { message: 'x', extensions: { code: 'a b' } },
          { extensions: { code: 5 } },
          { extensions: { code: 'x'.repeat(65) } },
        ],
      },
    },
    null,
    Array<string>(3).fill('UPSTREAM_ERROR'),
  ],
];
for (const [promise, given, data, codes] of read) {
  test(promise, async () => {
    const { result, errors } = await answerTo(() => given);
    assert.deepEqual(result.data, data);
    assert.deepEqual(
      errors.map((error) => Reflect.get(error, 'code') as unknown),
      codes,
    );
    for (const error of errors) assert.equal(Reflect.get(error, 'upstream'), 'products');
  });
}

test('an unusable answer names upstream and status in the log, and neither body nor reason to the client', async () => {
  const { result, errors } = await answerTo(() => ({ status: 200, body: '<h1>secret</h1>', headers: html }));
  assert.deepEqual(errors, [
    {
      message: 'A service gave an unusable answer.',
      code: 'UPSTREAM_BAD_RESPONSE',
      upstream: 'products',
      upstreamStatus: 200,
    },
  ]);
  assert.match(originalOf(result).message, /"products".*status 200.*text\/html/);
  assert.doesNotMatch(originalOf(result).message, /secret/);
});

test('paths stay as the upstream gave them, save those that lead to fields nobody asked for', async () => {
  const paths = [['top', 0, 'id'], ['other', 1], [], [0, 'top'], ['top', null], 'top', undefined];
  const { errors } = await answerTo(() => ({
    json: { data: { top: null }, errors: paths.map((path) => ({ message: 'x', path })) },
  }));
  assert.deepEqual(
    errors.map(({ path }) => path),
    [['top', 0, 'id'], ...Array<undefined>(6).fill(undefined)],
  );
});

const own = {
  json: {
    errors: [
      { message: 'card 4711 refused', reason: { text: 'No money' }, extensions: { code: 'CARD', hints: ['a'] } },
    ],
  },
};

test("the upstream's own text, which may repeat what clients sent, goes neither to clients nor to the log", async () => {
  const { result, errors } = await answerTo(() => own);
  assert.deepEqual(errors, [{ message: 'A service answered with an error.', code: 'CARD', upstream: 'products' }]);
  assert.equal(originalOf(result).message, 'upstream "products" answered with an error of code CARD');
  assert.equal(originalOf(result).code, 'UPSTREAM_ERROR');
});

test('the configuration lets message, code and details through', async () => {
  const exposed = { message: 'reason.text', code: 'extensions.missing', details: 'extensions.hints' };
  const { errors } = await answerTo(() => own, { errors: exposed });
  assert.deepEqual(errors, [{ message: 'No money', code: 'CARD', upstream: 'products', details: ['a'] }]);
});

test('a message that is no text is not let through', async () => {
  const { errors } = await answerTo(() => own, { errors: { message: 'reason' } });
  assert.equal(errors[0]?.message, 'A service answered with an error.');
});

test('an answer that is cut off is an error, not a rejection', async () => {
  const { errors } = await answerTo((call) => cutOff(call));
  assert.equal(Reflect.get(errors[0] ?? {}, 'code'), 'UPSTREAM_BAD_RESPONSE');
});

test('a client that leaves ends the call, and the result says so', async () => {
  const leave = new AbortController();
  const { errors } = await (async () => {
    const server = await startFakeUpstream(() => leave.abort());
    const connection = connect(server.url);
    const answer = await ask(createFederationFacade(connection), {
      query: '{ top { id } }',
      scope: testScope(leave.signal),
    });
    assert.equal(await server.requests[0]?.closed, false);
    await connection.close();
    await server.close();
    return answer;
  })();
  assert.equal(Reflect.get(errors[0] ?? {}, 'code'), 'CLIENT_CLOSED_REQUEST');
});

test('variables that are no JSON are an error of ours', async () => {
  const connection = connect('http://127.0.0.1:9');
  const { errors } = await ask(createFederationFacade(connection), { query: '{ top { id } }', variables: { big: 1n } });
  assert.equal(Reflect.get(errors[0] ?? {}, 'code'), 'INTERNAL_ERROR');
  await connection.close();
});
