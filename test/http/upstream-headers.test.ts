import assert from 'node:assert/strict';
import { createServer, type IncomingHttpHeaders } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, test, type TestContext } from 'node:test';
import type { HeaderRule } from '../../src/config/types.ts';
import { upstreamHeaders } from '../../src/upstream/request-headers.ts';
import { createRequestScope } from '../../src/upstream/scope.ts';
import { anonymous, type Caller } from '../../src/identity/caller.ts';
import { startFakeUpstream, type FakeAnswer } from '../support/fake-upstream.ts';
import { ask, askRaw, route, startPassthrough, type Answer } from '../support/passthrough-gateway.ts';
import { openUpstream } from '../support/upstream-config.ts';

interface Options {
  readonly rules?: Readonly<Record<string, HeaderRule>>;
  readonly claims?: Readonly<Record<string, unknown>>;
  readonly answer?: FakeAnswer;
}

interface Seen {
  readonly headers: IncomingHttpHeaders;
  readonly rawHeaders: readonly string[];
}

interface Way {
  /** Asks as a client with these headers and tells what the upstream saw. */
  readonly seen: (headers?: Readonly<Record<string, string>>) => Promise<Seen>;
  /** What the upstream saw last. */
  readonly last: () => Seen;
  readonly url: string;
  readonly port: number;
}

type StartWay = (t: TestContext, options?: Options) => Promise<Way>;

/** A call of the gateway's own on behalf of a client, as GraphQL makes it. */
const startCall: StartWay = async (t, { rules = {}, claims, answer = {} } = {}) => {
  const fake = await startFakeUpstream(() => answer);
  const last = (): Seen => fake.requests.at(-1) as Seen;
  const upstream = openUpstream(fake.url, { headers: rules });
  const caller: Caller | undefined = claims && { ...anonymous, claims };
  const server = createServer((req, res) => {
    const { signal } = new AbortController();
    const given = { headers: req.headers, signal, responseHeaderRules: {} };
    const scope = createRequestScope(caller === undefined ? given : { ...given, caller });
    const headers = upstreamHeaders(upstream.headerRules, scope, { accept: 'application/json' });
    void upstream.send({ method: 'GET', path: '/users/1', headers, body: undefined, signal }).then(() => res.end());
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
  const url = `http://127.0.0.1:${port}`;
  return {
    url,
    port,
    last,
    seen: async (headers = {}) => {
      await ask(url, { headers });
      return last();
    },
  };
};

const startPassing: StartWay = async (t, { rules = {}, claims, answer = {} } = {}) => {
  const fake = await startFakeUpstream(() => answer);
  const last = (): Seen => fake.requests.at(-1) as Seen;
  const upstream = openUpstream(fake.url, { headers: rules });
  const gateway = await startPassthrough([route()], [upstream], claims && { ...anonymous, claims });
  t.after(async () => Promise.all([gateway.close(), fake.close()]));
  return {
    url: `${gateway.url}/api/users`,
    port: gateway.port,
    last,
    seen: async (headers = {}) => {
      await ask(`${gateway.url}/api/users`, { headers });
      return last();
    },
  };
};

const identity: Readonly<Record<string, HeaderRule>> = {
  'x-user-id': { from: 'claims', claim: 'sub' },
  'x-api-key': { from: 'value', value: 'secret' },
};
const traceparent = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';

for (const [name, start] of [
  ['a call on behalf of a client', startCall],
  ['a request passed on', startPassing],
] as const) {
  describe(name, () => {
    test('carries nothing of the connection, nor what the client nominates as such', async (t) => {
      const { seen } = await start(t, { rules: { 'x-b': { from: 'client', header: 'x-b' } } });
      const { headers } = await seen({
        connection: 'keep-alive, X-B, x-secret',
        'keep-alive': 'timeout=5',
        'proxy-authorization': 'Basic a',
        'proxy-connection': 'keep-alive',
        te: 'trailers',
        trailer: 'x-t',
        'transfer-encoding': 'chunked',
        upgrade: 'h2c',
        'x-b': '1',
        'x-secret': '2',
      });
      const names = [
        'keep-alive',
        'proxy-authorization',
        'proxy-connection',
        'te',
        'trailer',
        'upgrade',
        'x-b',
        'x-secret',
      ];
      for (const one of names) assert.equal(headers[one], undefined, one);
      assert.equal(headers.connection, 'keep-alive');
    });

    test('carries who the caller is by verified claim alone, never by a copy of the client', async (t) => {
      const forged = { 'X-User-Id': 'admin', 'x-api-key': 'forged' };
      const unknown = (await (await start(t, { rules: identity })).seen(forged)).rawHeaders;
      assert.deepEqual(valuesOf(unknown, 'x-user-id'), []);
      assert.deepEqual(valuesOf(unknown, 'x-api-key'), ['secret']);
      const known = (await (await start(t, { rules: identity, claims: { sub: 'ann' } })).seen(forged)).rawHeaders;
      assert.deepEqual(valuesOf(known, 'x-user-id'), ['ann']);
    });

    test('carries a header of the client under the name that a rule gives it', async (t) => {
      const { seen } = await start(t, { rules: { 'x-token': { from: 'client', header: 'authorization' } } });
      assert.equal((await seen({ authorization: 'Bearer a' })).headers['x-token'], 'Bearer a');
    });

    test('carries one request id, the one of the client where it is sound', async (t) => {
      const { seen } = await start(t);
      assert.deepEqual(valuesOf((await seen({ 'x-request-id': 'req-1' })).rawHeaders, 'x-request-id'), ['req-1']);
      const [fresh] = valuesOf((await seen({ 'x-request-id': 'a b' })).rawHeaders, 'x-request-id');
      assert.match(String(fresh), /^[0-9a-f-]{36}$/);
    });

    test("carries the client's trace on, or begins one", async (t) => {
      const { seen } = await start(t);
      const { headers } = await seen({ traceparent, tracestate: 'a=1' });
      assert.match(
        String(headers['traceparent']),
        /^00-0af7651916cd43dd8448eb211c80319c-(?!b7ad6b7169203331)[0-9a-f]{16}-01$/,
      );
      assert.equal(headers['tracestate'], 'a=1');
      const begun = (await seen({ traceparent: 'wrong', tracestate: 'a=1' })).headers;
      assert.match(String(begun['traceparent']), /^00-[0-9a-f]{32}-[0-9a-f]{16}-02$/);
      assert.equal(begun['tracestate'], undefined);
    });

    test("names the upstream's own host", async (t) => {
      const { seen } = await start(t);
      assert.match(String((await seen({ host: 'shop.example' })).headers.host), /^127\.0\.0\.1:\d+$/);
    });
  });
}

test('a call on behalf of a client carries no header of the client that no rule names', async (t) => {
  const { seen } = await startCall(t);
  const { headers } = await seen({
    authorization: 'Bearer a',
    cookie: 'b=c',
    'user-agent': 'd',
    'accept-language': 'de',
    'x-forwarded-for': '192.0.2.1',
    forwarded: 'for=192.0.2.1',
  });
  assert.deepEqual(Object.keys(headers).toSorted(), ['accept', 'connection', 'host', 'traceparent', 'x-request-id']);
});

describe('a request passed on tells where it came from', () => {
  test('by Via, Forwarded and X-Forwarded-*', async (t) => {
    const { seen, port } = await startPassing(t);
    const { headers } = await seen();
    assert.match(String(headers.via), /^1\.1 weft-[0-9a-f]{8}$/);
    assert.equal(headers['forwarded'], `for=127.0.0.1;host="127.0.0.1:${port}";proto=http`);
    assert.equal(headers['x-forwarded-for'], '127.0.0.1');
    assert.equal(headers['x-forwarded-host'], `127.0.0.1:${port}`);
    assert.equal(headers['x-forwarded-proto'], 'http');
  });

  test('after the hops of Via before it, and without those that a stranger tells otherwise', async (t) => {
    const { seen, port } = await startPassing(t);
    const { headers } = await seen({
      via: '1.0 fred',
      forwarded: 'for=192.0.2.43',
      'x-forwarded-for': '192.0.2.43',
    });
    assert.match(String(headers.via), /^1\.0 fred, 1\.1 weft-/);
    assert.equal(headers['forwarded'], `for=127.0.0.1;host="127.0.0.1:${port}";proto=http`);
    assert.equal(headers['x-forwarded-for'], '127.0.0.1');
  });

  test("with the host and protocol that the gateway saw, not the client's word for them", async (t) => {
    const { seen, port } = await startPassing(t);
    const { rawHeaders } = await seen({ 'x-forwarded-host': 'evil.example', 'x-forwarded-proto': 'https' });
    assert.deepEqual(valuesOf(rawHeaders, 'x-forwarded-host'), [`127.0.0.1:${port}`]);
    assert.deepEqual(valuesOf(rawHeaders, 'x-forwarded-proto'), ['http']);
  });

  test('also where the client nominates those headers as of its connection', async (t) => {
    const { seen } = await startPassing(t);
    const { headers } = await seen({
      connection: 'x-forwarded-for, via',
      'x-forwarded-for': '192.0.2.43',
      via: '1.0 fred',
    });
    assert.equal(headers['x-forwarded-for'], '127.0.0.1');
    assert.match(String(headers.via), /^1\.1 weft-/);
  });

  test('with the version of HTTP that the client spoke', async (t) => {
    const { port, last } = await startPassing(t);
    const text = await askRaw(port, 'GET /api/users HTTP/1.0\r\n\r\n');
    assert.match(text, /^HTTP\/1\.1 200 /);
    assert.match(String(last().headers.via), /^1\.0 weft-/);
    assert.equal(last().headers['x-forwarded-host'], undefined);
  });
});

describe('an answer passed on', () => {
  const answered = async (t: TestContext, headers: Record<string, string | string[]>): Promise<Answer> => {
    const { url } = await startPassing(t, { answer: { headers, body: 'x' } });
    return ask(url, { headers: { 'x-request-id': 'req-1' } });
  };

  test('carries nothing of the connection to the upstream, nor what that nominates', async (t) => {
    const { headers } = await answered(t, {
      connection: 'close, X-Hop',
      'keep-alive': 'timeout=99',
      'proxy-authenticate': 'Basic',
      'x-hop': '1',
      'x-end': '2',
    });
    assert.deepEqual([headers['proxy-authenticate'], headers['x-hop'], headers['x-end']], [undefined, undefined, '2']);
    assert.notEqual(headers['keep-alive'], 'timeout=99');
  });

  test('carries one Via more, and the id of the request', async (t) => {
    const { headers } = await answered(t, { via: '1.1 cache', 'x-request-id': 'other' });
    assert.deepEqual([headers.via, headers['x-request-id']], ['1.1 cache, 1.1 weft', 'req-1']);
  });

  test('carries the rest as it is, repeated headers as several', async (t) => {
    const { headers, rawHeaders } = await answered(t, {
      'set-cookie': ['a=1', 'b=2'],
      'cache-control': 'max-age=5',
      'www-authenticate': ['Basic', 'Bearer'],
      date: 'Thu, 01 Jan 1970 00:00:00 GMT',
    });
    assert.deepEqual(headers['set-cookie'], ['a=1', 'b=2']);
    assert.equal(headers['cache-control'], 'max-age=5');
    assert.equal(headers.date, 'Thu, 01 Jan 1970 00:00:00 GMT');
    assert.deepEqual(valuesOf(rawHeaders, 'www-authenticate'), ['Basic', 'Bearer']);
  });
});

function valuesOf(rawHeaders: readonly string[], name: string): string[] {
  return rawHeaders.filter((_, index) => index % 2 === 1 && rawHeaders[index - 1]?.toLowerCase() === name);
}
