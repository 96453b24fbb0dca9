import assert from 'node:assert/strict';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, test, type TestContext } from 'node:test';
import type { AddressRules, CorsConfig } from '../../src/config/identity-types.ts';
import { GatewayError } from '../../src/errors.ts';
import { checkAddress, createAddressRules } from '../../src/policies/addresses.ts';
import { createTrustedProxies } from '../../src/policies/client-address.ts';
import { createCors } from '../../src/policies/cors.ts';
import { checkCrossSite } from '../../src/policies/csrf.ts';
import { createSecurityHeaders } from '../../src/policies/security-headers.ts';
import { writeError } from '../../src/rest/error-response.ts';
import { ask, askRaw, type Answer } from '../support/passthrough-gateway.ts';

interface Door {
  readonly trustedProxies?: readonly string[];
  readonly addresses?: AddressRules;
  readonly cors?: CorsConfig;
  readonly headers?: Readonly<Record<string, string>>;
  /** Address to listen on. Default 127.0.0.1. */
  readonly host?: string;
  readonly answer?: (res: ServerResponse) => void;
}

/** What the client of an admitted request is told: who it is. */
type Told = { readonly address: string; readonly host: string; readonly protocol: string };

interface Opened {
  readonly url: string;
  readonly port: number;
  readonly told: (headers: Record<string, string | string[]>) => Promise<Told>;
}

/** The policies of the front door in their order on a socket; behind them, credentials are asked for. */
async function open(t: TestContext, door: Door = {}): Promise<Opened> {
  const { clientOf } = createTrustedProxies(door.trustedProxies ?? []);
  const allows = createAddressRules(door.addresses ?? { allow: [], deny: [] });
  const cors = door.cors && createCors(door.cors);
  const applySecurityHeaders = createSecurityHeaders(door.headers ?? {});
  const enter = (req: IncomingMessage, res: ServerResponse): void => {
    const client = clientOf(req);
    applySecurityHeaders(res, client.protocol === 'https');
    checkAddress(allows, client.address);
    const preflight = cors?.preflight(req, { allowedMethods: ['GET', 'POST'] });
    if (preflight !== undefined) {
      res.writeHead(204, preflight).end();
      return;
    }
    for (const [name, value] of Object.entries(cors?.responseHeaders(req.headers.origin) ?? {})) {
      res.setHeader(name, value);
    }
    checkCrossSite(req, { client, cors });
    if (req.headers.authorization === undefined) throw new GatewayError('CREDENTIALS_MISSING', 'Who are you?');
    if (door.answer) door.answer(res);
    else res.end(JSON.stringify(client));
  };
  const server = createServer((req, res) => {
    try {
      enter(req, res);
    } catch (error) {
      writeError(res, error as GatewayError, { requestId: 'r1' });
    }
  });
  const host = door.host ?? '127.0.0.1';
  await new Promise<void>((resolve) => {
    server.listen(0, host, resolve);
  });
  t.after(() => {
    server.close();
    server.closeAllConnections();
  });
  const { port } = server.address() as AddressInfo;
  const url = `http://${host.includes(':') ? '[::1]' : host}:${port}`;
  return {
    url,
    port,
    told: async (headers) => JSON.parse((await ask(url, { headers: { ...headers, ...known } })).body) as Told,
  };
}

const known = { authorization: 'Bearer a' };

function codeOf({ status, body }: Answer): readonly unknown[] {
  return [status, (JSON.parse(body) as { error?: { code: string } }).error?.code];
}

describe("the client's address", () => {
  test('is that of the connection, whatever a stranger writes', async (t) => {
    const { told, port } = await open(t, { trustedProxies: ['10.0.0.0/8'] });
    const forged = {
      'x-forwarded-for': '10.0.0.1',
      forwarded: 'for=10.0.0.1;host=evil.example;proto=https',
      'x-forwarded-host': 'evil.example',
      'x-real-ip': '10.0.0.1',
    };
    const { address, host, protocol } = await told(forged);
    assert.deepEqual([address, host, protocol], ['127.0.0.1', `127.0.0.1:${port}`, 'http']);
  });

  test('is the one that a trusted proxy appends, over several fields and hops', async (t) => {
    const { told } = await open(t, { trustedProxies: ['127.0.0.1', '10.0.0.0/8'] });
    assert.equal((await told({ 'x-forwarded-for': '127.0.0.1, 203.0.113.9' })).address, '203.0.113.9');
    assert.equal((await told({ 'x-forwarded-for': ['1.1.1.1', '203.0.113.9', '10.0.0.7'] })).address, '203.0.113.9');
    assert.equal((await told({ forwarded: ['for="1', 'for="[2001:db8::9]:4711"'] })).address, '2001:db8::9');
  });

  test('is one and the same by IPv4 and by IPv4 in IPv6 clothes', async (t) => {
    const { port } = await open(t, { host: '::', addresses: { allow: ['127.0.0.0/8'], deny: [] } });
    const text = await askRaw(
      port,
      'GET / HTTP/1.1\r\nhost: a\r\nauthorization: Bearer a\r\nconnection: close\r\n\r\n',
    );
    assert.match(text, /"address":"127\.0\.0\.1"/);
  });
});

describe('addresses', () => {
  test('a denied one is refused before anything else, and cannot write itself another', async (t) => {
    const { url } = await open(t, { addresses: { allow: [], deny: ['127.0.0.0/8'] } });
    assert.deepEqual(codeOf(await ask(url, { headers: known })), [403, 'ADDRESS_DENIED']);
    const forged = { ...known, 'x-forwarded-for': '192.0.2.1', forwarded: 'for=192.0.2.1' };
    assert.deepEqual(codeOf(await ask(url, { headers: forged })), [403, 'ADDRESS_DENIED']);
  });

  test('behind a trusted proxy, that of the client counts', async (t) => {
    const door = { trustedProxies: ['127.0.0.1'], addresses: { allow: ['192.0.2.0/24', '2001:db8::/32'], deny: [] } };
    const { url } = await open(t, door);
    const asks = async (list: string): Promise<number> =>
      (await ask(url, { headers: { ...known, 'x-forwarded-for': list } })).status;
    assert.deepEqual(
      [
        await asks('192.0.2.77'),
        await asks('[2001:db8::1]:9'),
        await asks('192.0.3.1'),
        await asks('192.0.2.1, 9.9.9.9'),
      ],
      [200, 200, 403, 403],
    );
  });

  test('a client that makes the proxy speak with two tongues does not pass as the proxy', async (t) => {
    const door = { trustedProxies: ['127.0.0.1'], addresses: { allow: ['127.0.0.1'], deny: [] } };
    const { url } = await open(t, door);
    const asks = async (headers: Record<string, string>): Promise<number> =>
      (await ask(url, { headers: { ...known, ...headers } })).status;
    assert.equal(await asks({}), 200);
    assert.equal(await asks({ 'x-forwarded-for': '203.0.113.9', forwarded: 'for=127.0.0.1' }), 403);
    assert.equal(await asks({ 'x-forwarded-for': 'unknown' }), 403);
  });

  test('IPv6 is allowed and denied as itself', async (t) => {
    const { url } = await open(t, { host: '::1', addresses: { allow: [], deny: ['::1'] } });
    assert.deepEqual(codeOf(await ask(url, { headers: known })), [403, 'ADDRESS_DENIED']);
    const other = await open(t, { host: '::1', addresses: { allow: ['::/64'], deny: ['127.0.0.1'] } });
    assert.equal((await ask(other.url, { headers: known })).status, 200);
  });
});

const cors: CorsConfig = {
  policies: [
    {
      origins: ['https://*.app.example'],
      methods: ['GET', 'POST', 'DELETE'],
      headers: undefined,
      exposedHeaders: ['x-request-id'],
      credentials: true,
      maxAgeSeconds: 60,
    },
  ],
};

describe('CORS', () => {
  const preflight = (origin: string): { method: string; headers: Record<string, string> } => ({
    method: 'OPTIONS',
    headers: {
      origin,
      'access-control-request-method': 'POST',
      'access-control-request-headers': 'authorization,content-type',
      'sec-fetch-site': 'cross-site',
      'sec-fetch-mode': 'cors',
    },
  });

  test('a preflight is answered without credentials', async (t) => {
    const { url } = await open(t, { cors });
    const { status, headers, body } = await ask(url, preflight('https://a.app.example'));
    assert.deepEqual([status, body], [204, '']);
    assert.equal(headers['access-control-allow-origin'], 'https://a.app.example');
    assert.equal(headers['access-control-allow-credentials'], 'true');
    assert.equal(headers['access-control-allow-methods'], 'GET, POST');
    assert.equal(headers['access-control-allow-headers'], 'authorization, content-type');
    assert.equal(headers['access-control-max-age'], '60');
    assert.equal(headers.vary, 'origin');
  });

  test('a preflight of another origin is answered too, and allows nothing', async (t) => {
    const { url } = await open(t, { cors });
    const { status, headers } = await ask(url, preflight('https://evil.example/.app.example'));
    assert.equal(status, 204);
    assert.deepEqual(
      Object.keys(headers).filter((name) => name.startsWith('access-control-')),
      [],
    );
  });

  test('OPTIONS that is no preflight needs credentials as every other method', async (t) => {
    const { url } = await open(t, { cors });
    const answer = await ask(url, { method: 'OPTIONS', headers: { origin: 'https://a.app.example' } });
    assert.deepEqual(codeOf(answer), [401, 'CREDENTIALS_MISSING']);
  });

  test('a page can read why it was refused', async (t) => {
    const { url } = await open(t, { cors });
    const answer = await ask(url, { headers: { origin: 'https://a.app.example' } });
    assert.deepEqual(codeOf(answer), [401, 'CREDENTIALS_MISSING']);
    assert.equal(answer.headers['access-control-allow-origin'], 'https://a.app.example');
    assert.equal(answer.headers['access-control-expose-headers'], 'x-request-id');
  });
});

describe('requests from other sites', () => {
  const post = (headers: Record<string, string>): { method: string; headers: Record<string, string> } => ({
    method: 'POST',
    headers: { ...known, cookie: 'session=1', ...headers },
  });
  const refused = [403, 'CROSS_SITE_REQUEST'];

  test('are refused by where the browser says they are from', async (t) => {
    const { url } = await open(t, { cors });
    const from = async (site: string, origin: string): Promise<Answer> =>
      ask(url, post({ 'sec-fetch-site': site, origin }));
    assert.deepEqual(codeOf(await from('cross-site', 'https://evil.example')), refused);
    assert.deepEqual(codeOf(await from('same-site', 'https://evil.example')), refused);
    assert.equal((await from('same-origin', url)).status, 200);
    assert.equal((await from('cross-site', 'https://a.app.example')).status, 200);
  });

  test('are refused by their origin where the browser says no more', async (t) => {
    const { url } = await open(t, { cors });
    assert.equal((await ask(url, post({ origin: url }))).status, 200);
    assert.deepEqual(codeOf(await ask(url, post({ origin: 'https://evil.example' }))), refused);
    assert.deepEqual(codeOf(await ask(url, post({ origin: 'null' }))), refused);
    const forged = { origin: 'https://evil.example', 'x-forwarded-host': 'evil.example', 'x-forwarded-proto': 'https' };
    assert.deepEqual(codeOf(await ask(url, post(forged))), refused);
  });

  test('are told by the host that a trusted proxy was asked for', async (t) => {
    const { url } = await open(t, { trustedProxies: ['127.0.0.1'] });
    const proxied = {
      'x-forwarded-host': 'shop.example',
      'x-forwarded-proto': 'https',
      'x-forwarded-for': '192.0.2.1',
    };
    assert.equal((await ask(url, post({ ...proxied, origin: 'https://shop.example' }))).status, 200);
    assert.deepEqual(codeOf(await ask(url, post({ ...proxied, origin: 'http://shop.example' }))), refused);
  });

  test('are no concern of clients that are no browsers', async (t) => {
    const { url } = await open(t);
    assert.equal((await ask(url, post({}))).status, 200);
  });
});

describe('security headers', () => {
  const seen = async (door: Opened, headers: Record<string, string> = known): Promise<readonly unknown[]> => {
    const answer = (await ask(door.url, { headers })).headers;
    return ['x-content-type-options', 'referrer-policy', 'strict-transport-security'].map((name) => answer[name]);
  };

  test('stand in every answer, refusals too', async (t) => {
    const door = await open(t);
    assert.deepEqual(await seen(door), ['nosniff', 'no-referrer', undefined]);
    assert.deepEqual(await seen(door, {}), ['nosniff', 'no-referrer', undefined]);
  });

  test('ask for TLS in answers over TLS alone, as a trusted proxy tells', async (t) => {
    const secure = { ...known, 'x-forwarded-proto': 'https' };
    assert.equal((await seen(await open(t), secure))[2], undefined);
    assert.equal((await seen(await open(t, { trustedProxies: ['127.0.0.1'] }), secure))[2], 'max-age=31536000');
  });

  test('are as configured, and what is empty is not sent', async (t) => {
    const headers = { 'referrer-policy': '', 'x-content-type-options': 'x', 'x-frame-options': 'DENY' };
    const door = await open(t, { headers });
    assert.deepEqual(await seen(door), ['x', undefined, undefined]);
    assert.equal((await ask(door.url)).headers['x-frame-options'], 'DENY');
  });

  test('give way to what the answer itself says', async (t) => {
    const door = await open(t, { answer: (res) => res.writeHead(200, { 'Referrer-Policy': 'origin' }).end() });
    assert.deepEqual(await seen(door), ['nosniff', 'origin', undefined]);
    const { rawHeaders } = await ask(door.url, { headers: known });
    assert.equal(rawHeaders.filter((name) => name.toLowerCase() === 'referrer-policy').length, 1);
  });

  test('that can be no headers are a mistake of the configuration', () => {
    for (const headers of [{ 'x a': 'b' }, { 'x-a': 'b\r\nx-c: d' }]) {
      assert.throws(() => createSecurityHeaders(headers), { code: 'CONFIGURATION_INVALID' });
    }
  });
});
