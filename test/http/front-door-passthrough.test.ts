import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, test, type TestContext } from 'node:test';
import type { HeaderRule } from '../../src/config/types.ts';
import { createTrustedProxies } from '../../src/policies/client-address.ts';
import { createPassthrough } from '../../src/rest/passthrough.ts';
import { createRequestScope } from '../../src/upstream/scope.ts';
import type { HiddenPlaces } from '../../src/upstream/types.ts';
import { startFakeUpstream, type FakeAnswer, type FakeCall } from '../support/fake-upstream.ts';
import { ask, route, type Answer } from '../support/passthrough-gateway.ts';
import { openUpstream } from '../support/upstream-config.ts';

interface Options {
  readonly trustedProxies?: readonly string[];
  readonly hidden?: HiddenPlaces;
  readonly rules?: Readonly<Record<string, HeaderRule>>;
  readonly answer?: FakeAnswer;
  readonly hasCors?: boolean;
  /** Set on the answer at the entrance. */
  readonly entranceHeaders?: Readonly<Record<string, string>>;
}

interface Way {
  readonly port: number;
  readonly asked: (headers?: Record<string, string | string[]>, path?: string) => Promise<Answer>;
  /** Asks, and tells what the upstream saw. */
  readonly seen: (headers?: Record<string, string | string[]>, path?: string) => Promise<FakeCall>;
}

/** The REST spine behind the front door's view of the client. */
async function start(t: TestContext, options: Options = {}): Promise<Way> {
  const fake = await startFakeUpstream(() => options.answer ?? {});
  const upstream = openUpstream(fake.url, { headers: options.rules ?? {} });
  const { clientOf } = createTrustedProxies(options.trustedProxies ?? []);
  const passthrough = createPassthrough([route()], new Map([['users', upstream]]), {
    hasCors: () => options.hasCors ?? false,
  });
  const server = createServer((req, res) => {
    for (const [name, value] of Object.entries(options.entranceHeaders ?? {})) res.setHeader(name, value);
    const match = passthrough.match(req.method ?? '', req.url ?? '');
    assert.ok(match);
    const { signal } = new AbortController();
    const { hidden } = options;
    const client = clientOf(req);
    const scope = createRequestScope({ headers: req.headers, signal, responseHeaderRules: {}, client, hidden });
    void passthrough.forward(req, res, match, scope);
  });
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  t.after(async () => {
    server.close();
    server.closeAllConnections();
    await Promise.all([upstream.destroy(), fake.close()]);
  });
  const { port } = server.address() as AddressInfo;
  const asked: Way['asked'] = async (headers = {}, path = '') =>
    ask(`http://127.0.0.1:${port}/api/users${path}`, { headers });
  return {
    port,
    asked,
    seen: async (headers, path) => {
      await asked(headers, path);
      return fake.requests.at(-1) as FakeCall;
    },
  };
}

function valuesOf({ rawHeaders }: FakeCall, name: string): readonly (string | undefined)[] {
  return rawHeaders.flatMap((one, index) =>
    index % 2 === 0 && one.toLowerCase() === name ? [rawHeaders[index + 1]] : [],
  );
}

describe('hidden credentials', () => {
  const hidden: HiddenPlaces = {
    headers: ['x-api-key', 'authorization'],
    cookies: ['session'],
    queryParameters: ['api_key'],
  };

  test('are kept from the upstream, wherever they stand', async (t) => {
    const { seen } = await start(t, { hidden });
    const headers = { 'X-Api-Key': ['secret', 'secret'], authorization: 'Basic secret', cookie: 'a=1; session=secret' };
    const call = await seen({ ...headers, 'x-other': 'kept' }, '/7?a=%41&api_key=secret&%61pi%5Fkey=secret&b');
    assert.equal(call.path, '/users/7?a=%41&b');
    assert.doesNotMatch(JSON.stringify([call.path, call.rawHeaders]), /secret/);
    assert.deepEqual(valuesOf(call, 'cookie'), ['a=1']);
    assert.deepEqual(valuesOf(call, 'x-other'), ['kept']);
  });

  test('leave no empty cookie header and no empty query', async (t) => {
    const { seen } = await start(t, { hidden });
    const call = await seen({ cookie: 'session=secret' }, '?api_key=secret');
    assert.deepEqual([call.path, valuesOf(call, 'cookie')], ['/users', []]);
  });

  test('are not brought back by a rule that takes a header of the client', async (t) => {
    const rules: Record<string, HeaderRule> = {
      'x-token': { from: 'client', header: 'authorization' },
      authorization: { from: 'client', header: 'authorization' },
      cookie: { from: 'client', header: 'cookie' },
      'x-key': { from: 'client', header: 'X-Api-Key' },
      'x-agent': { from: 'client', header: 'x-agent' },
    };
    const { seen } = await start(t, { hidden, rules });
    const client = {
      authorization: 'Bearer secret',
      cookie: 'session=secret; a=1',
      'x-api-key': 'secret',
      'x-agent': 'b',
    };
    const call = await seen(client);
    assert.doesNotMatch(JSON.stringify(call.rawHeaders), /secret/);
    assert.deepEqual([valuesOf(call, 'cookie'), valuesOf(call, 'x-agent')], [['a=1'], ['b']]);
  });

  test('that are not named pass', async (t) => {
    const { seen } = await start(t, { hidden: { headers: [], cookies: [], queryParameters: [] } });
    const call = await seen({ authorization: 'Bearer a', cookie: 'session=b' }, '?api_key=c');
    assert.deepEqual(
      [valuesOf(call, 'authorization'), valuesOf(call, 'cookie'), call.path],
      [['Bearer a'], ['session=b'], '/users?api_key=c'],
    );
  });
});

describe('who a request comes from', () => {
  const told = (call: FakeCall): readonly unknown[] =>
    ['forwarded', 'x-forwarded-for', 'x-forwarded-host', 'x-forwarded-proto'].map((name) =>
      valuesOf(call, name).join(),
    );

  test('is told by the connection alone where a stranger writes such fields', async (t) => {
    const { seen, port } = await start(t, { trustedProxies: ['10.0.0.1'] });
    const call = await seen({
      forwarded: 'for=10.0.0.9;host=evil.example',
      'x-forwarded-for': ['10.0.0.9', '10.0.0.8'],
      'x-forwarded-host': 'evil.example',
      'x-forwarded-proto': 'https',
      'x-forwarded-port': '443',
      'x-forwarded-user': 'admin',
      'client-cert': ':AAAA:',
      'client-cert-chain': ':AAAA:',
      'x-real-ip': '10.0.0.9',
    });
    const host = `127.0.0.1:${port}`;
    assert.deepEqual(told(call), [`for=127.0.0.1;host="${host}";proto=http`, '127.0.0.1', host, 'http']);
    const gone = ['x-forwarded-port', 'x-forwarded-user', 'client-cert', 'client-cert-chain'];
    for (const name of gone) assert.deepEqual(valuesOf(call, name), [], name);
    assert.deepEqual(valuesOf(call, 'x-real-ip'), ['10.0.0.9']);
  });

  test('is told as a trusted proxy tells it, without what the client wrote before', async (t) => {
    const { seen, port } = await start(t, { trustedProxies: ['127.0.0.1', '10.0.0.0/8'] });
    const call = await seen({
      'x-forwarded-for': '1.1.1.1, 2001:db8::9, 10.0.0.7',
      'x-forwarded-host': 'shop.example',
      'x-forwarded-proto': 'https',
      'x-forwarded-port': '443',
      'client-cert': ':AAAA:',
    });
    assert.deepEqual(told(call), [
      `for="[2001:db8::9]";host=shop.example;proto=https, for=10.0.0.7, for=127.0.0.1;host="127.0.0.1:${port}";proto=http`,
      '2001:db8::9, 10.0.0.7, 127.0.0.1',
      'shop.example',
      'https',
    ]);
    assert.deepEqual([valuesOf(call, 'x-forwarded-port'), valuesOf(call, 'client-cert')], [['443'], [':AAAA:']]);
  });

  test('is the same in both fields, whichever of them the proxy writes', async (t) => {
    const { seen, port } = await start(t, { trustedProxies: ['127.0.0.1'] });
    const call = await seen({ forwarded: 'for=1.1.1.1, for=192.0.2.43;host=shop.example;proto=https' });
    assert.deepEqual(told(call), [
      `for=192.0.2.43;host=shop.example;proto=https, for=127.0.0.1;host="127.0.0.1:${port}";proto=http`,
      '192.0.2.43, 127.0.0.1',
      'shop.example',
      'https',
    ]);
  });

  test('is unknown where the proxy contradicts itself: it is never the proxy', async (t) => {
    const { seen, port } = await start(t, { trustedProxies: ['127.0.0.1'] });
    const call = await seen({ forwarded: 'for=127.0.0.1', 'x-forwarded-for': '192.0.2.43' });
    const host = `host="127.0.0.1:${port}";proto=http`;
    const expected = [`for=unknown;${host}, for=127.0.0.1;${host}`, 'unknown, 127.0.0.1'];
    assert.deepEqual(told(call).slice(0, 2), expected);
  });

  test('is the proxy where the proxy asks for itself', async (t) => {
    const { seen, port } = await start(t, { trustedProxies: ['127.0.0.1'] });
    const call = await seen({ 'x-forwarded-proto': 'https' });
    const host = `127.0.0.1:${port}`;
    assert.deepEqual(told(call), [`for=127.0.0.1;host="${host}";proto=https`, '127.0.0.1', host, 'https']);
  });
});

describe("an upstream's own CORS headers", () => {
  const answer: FakeAnswer = {
    headers: {
      'access-control-allow-origin': '*',
      'Access-Control-Allow-Credentials': 'true',
      'access-control-expose-headers': 'x-a',
      vary: 'Accept-Encoding, Origin',
      'x-a': 'b',
    },
  };

  test("give way to the gateway's where it speaks CORS itself", async (t) => {
    const entranceHeaders = { 'access-control-allow-origin': 'https://app.example', vary: 'origin' };
    const { asked } = await start(t, { answer, hasCors: true, entranceHeaders });
    const { headers } = await asked();
    assert.equal(headers['access-control-allow-origin'], 'https://app.example');
    assert.equal(headers['access-control-allow-credentials'], undefined);
    assert.equal(headers['access-control-expose-headers'], undefined);
    assert.equal(headers['x-a'], 'b');
  });

  test('do not pass where the gateway allows an origin nothing', async (t) => {
    const { asked } = await start(t, { answer, hasCors: true, entranceHeaders: { vary: 'origin' } });
    assert.equal((await asked()).headers['access-control-allow-origin'], undefined);
  });

  test('pass where the gateway has no word in it', async (t) => {
    const { headers } = await (await start(t, { answer })).asked();
    assert.equal(headers['access-control-allow-origin'], '*');
    assert.equal(headers.vary, 'Accept-Encoding, Origin');
  });

  test("its vary stands beside the gateway's", async (t) => {
    const own: FakeAnswer = { headers: { vary: 'Accept-Encoding' } };
    const { asked } = await start(t, { answer: own, hasCors: true, entranceHeaders: { vary: 'origin' } });
    assert.equal((await asked()).headers.vary, 'accept-encoding, origin');
  });
});

test("an upstream's own security headers win", async (t) => {
  const entranceHeaders = { 'referrer-policy': 'no-referrer', 'x-content-type-options': 'nosniff' };
  const { asked } = await start(t, { answer: { headers: { 'referrer-policy': 'origin' } }, entranceHeaders });
  const { headers } = await asked();
  assert.deepEqual([headers['referrer-policy'], headers['x-content-type-options']], ['origin', 'nosniff']);
});
