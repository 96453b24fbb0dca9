import assert from 'node:assert/strict';
import { once } from 'node:events';
import { Agent, request, type IncomingMessage } from 'node:http';
import { connect } from 'node:net';
import { text } from 'node:stream/consumers';
import { describe, test } from 'node:test';
import { send, startGuarded, wayNames, ways, type Answer, type GuardedGateway } from '../../support/guarded-gateway.ts';
import { startIdentityServer } from '../../support/identity-server.ts';
import { asCaller, bearer, claimsWith, es256, jwtFiles, jwtProvider, rs256 } from '../../support/shop-tokens.ts';
import { createSigner } from '../../support/tokens.ts';

/** What is special about a path, or stands beside the door: preflights, health, doors that differ, limits of HTTP. */

const token = await asCaller({ scope: 'read' });
const identity = { providers: [jwtProvider] };

const preflight = {
  origin: 'https://app.example',
  'access-control-request-method': 'POST',
  'access-control-request-headers': 'authorization,content-type',
  'sec-fetch-site': 'cross-site',
  'sec-fetch-mode': 'cors',
};

describe('preflights', () => {
  test('are answered by a gateway that speaks CORS, on both paths, without credentials', async (t) => {
    const cors = [{ origins: ['https://app.example'], credentials: true }];
    const gateway = await startGuarded(t, { gateway: { identity, cors }, files: jwtFiles });
    for (const [path, methods] of [
      ['/graphql', 'GET, POST'],
      ['/api/people', 'GET, HEAD, POST, PUT, PATCH, DELETE'],
    ] as const) {
      const { status, headers, text: body } = await send(gateway.url + path, { method: 'OPTIONS', headers: preflight });
      assert.deepEqual([status, body], [204, '']);
      assert.equal(headers['access-control-allow-origin'], 'https://app.example');
      assert.equal(headers['access-control-allow-credentials'], 'true');
      assert.equal(headers['access-control-allow-methods'], methods);
      assert.equal(headers['access-control-allow-headers'], 'authorization, content-type');
      assert.equal(headers['x-content-type-options'], 'nosniff');
      const stranger = { ...preflight, origin: 'https://evil.example' };
      const refused = await send(gateway.url + path, { method: 'OPTIONS', headers: stranger });
      assert.deepEqual([refused.status, refused.headers['access-control-allow-origin']], [204, undefined]);
      const options = await send(gateway.url + path, { method: 'OPTIONS', headers: { origin: preflight.origin } });
      assert.deepEqual([options.status, options.code], [401, 'CREDENTIALS_MISSING']);
    }
    assert.deepEqual(gateway.takeCalls(), { people: [], scores: [] });
  });

  test('pass to the upstream of a route where the gateway does not speak CORS, and nothing else does', async (t) => {
    const gateway = await startGuarded(t, { gateway: { identity }, files: jwtFiles });
    const asks = async (headers: Record<string, string>, body?: string): Promise<Answer> =>
      send(`${gateway.url}/api/people`, { method: 'OPTIONS', headers, ...(body !== undefined && { body }) });
    assert.equal((await asks({ ...preflight, 'x-user-id': 'root', 'x-owner': 'acme' })).status, 200);
    const [call, ...others] = gateway.takeCalls().people;
    assert.deepEqual([call?.method, others.length], ['OPTIONS', 0]);
    assert.deepEqual([call?.headers['x-user-id'], call?.headers['x-owner']], [undefined, undefined]);
    // Whatever stands in it: it is not the page that wrote it.
    assert.equal((await asks({ ...preflight, ...bearer('nonsense') })).status, 200);
    assert.equal(gateway.takeCalls().people.length, 1);
    const { origin, ...noOrigin } = preflight;
    const disguised: readonly (readonly [headers: Record<string, string>, body?: string])[] = [
      [{ origin }],
      [noOrigin],
      [{ ...preflight, 'content-length': '14' }, '{"name":"Eve"}'],
      [{ ...preflight, 'transfer-encoding': 'chunked' }, '{}'],
      [{ ...preflight, 'x-http-method-override': 'DELETE' }],
    ];
    for (const [headers, body] of disguised) {
      const { status, code } = await asks(headers, body);
      assert.deepEqual([status, code], [401, 'CREDENTIALS_MISSING'], JSON.stringify([headers, body]));
    }
    assert.deepEqual(gateway.takeCalls().people, []);
    const { status } = await send(`${gateway.url}/graphql`, { method: 'OPTIONS', headers: preflight });
    assert.equal(status, 405);
  });

  test('come by addresses that may come in alone', async (t) => {
    const cors = [{ origins: ['https://app.example'] }];
    const gateway = await startGuarded(t, {
      gateway: { identity, cors, addresses: { deny: ['127.0.0.1'] } },
      files: jwtFiles,
    });
    for (const path of ['/graphql', '/api/people']) {
      const { status, code } = await send(gateway.url + path, { method: 'OPTIONS', headers: preflight });
      assert.deepEqual([status, code], [403, 'ADDRESS_DENIED']);
    }
  });
});

test('health asks nobody who they are, and tells strangers nothing', async (t) => {
  const gateway = await startGuarded(t, {
    gateway: { identity, addresses: { deny: ['127.0.0.1'] } },
    door: { access: { scopes: ['admin'] } },
    files: jwtFiles,
  });
  for (const path of ['/health/live', '/health/ready']) {
    const headers = { ...bearer('nonsense'), 'sec-fetch-site': 'cross-site' };
    assert.equal((await send(gateway.url + path)).status, 200);
    assert.equal((await send(gateway.url + path, { headers })).status, 200);
  }
});

test('a refused request whose body is small leaves its connection open', async (t) => {
  const gateway = await startGuarded(t, { gateway: { identity }, files: jwtFiles });
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  t.after(() => agent.destroy());
  const ports = new Set<number | undefined>();
  for (const path of ['/graphql', '/api/people', '/graphql', '/api/people']) {
    const asking = request(gateway.url + path, {
      agent,
      method: 'POST',
      headers: { 'content-type': 'application/json', 'content-length': 14 },
    });
    asking.end('{"name":"Eve"}');
    const [answer] = (await once(asking, 'response')) as [IncomingMessage];
    assert.equal(answer.statusCode, 401);
    ports.add(asking.socket?.localPort);
    answer.resume();
    await once(answer, 'end');
  }
  assert.equal(ports.size, 1);
});

describe('doors that differ', () => {
  test('a door has headers of its own beside those of the listener, on refusals too', async (t) => {
    const gateway = await startGuarded(t, {
      gateway: { identity, securityHeaders: { 'x-frame-options': 'DENY', 'x-listener': 'yes' } },
      door: { securityHeaders: { 'X-Frame-Options': 'SAMEORIGIN', 'referrer-policy': '' } },
      files: jwtFiles,
    });
    for (const name of wayNames) {
      const { status, headers } = await ways[name](gateway.url);
      assert.equal(status, 401);
      assert.deepEqual(
        [headers['x-frame-options'], headers['x-listener'], headers['referrer-policy']],
        ['SAMEORIGIN', 'yes', undefined],
        name,
      );
    }
    const { headers } = await send(`${gateway.url}/open/people/1`);
    assert.deepEqual([headers['x-frame-options'], headers['referrer-policy']], ['DENY', 'no-referrer']);
  });

  test('one route lets anonymous callers in, and no other way does', async (t) => {
    const gateway = await startGuarded(t, { gateway: { identity }, files: jwtFiles });
    assert.equal((await send(`${gateway.url}/open/people/1`)).status, 200);
    for (const name of wayNames) assert.equal((await ways[name](gateway.url)).code, 'CREDENTIALS_MISSING', name);
    for (const path of ['/open/../api/people/1', '/open/%2e%2e/api/people/1', '//api/people/1', '/API/people/1']) {
      const { status } = await rawGet(gateway, path);
      assert.notEqual(status, 200, path);
    }
    assert.equal(gateway.takeCalls().people.length, 1);
  });

  test('the strictest of nested routes is the one whose path is the longest, however it is spelt', async (t) => {
    const routes = [{ path: '/open/people', upstream: 'people', stripPrefix: '/open', access: { roles: ['admin'] } }];
    const gateway = await startGuarded(t, { gateway: { identity, routes }, files: jwtFiles });
    for (const path of ['/open/people', '/open/people/1', '/open/p%65ople/1', '/open/%70eople', '/open//people/1']) {
      const { status } = await rawGet(gateway, path, token.authorization);
      assert.notEqual(status, 200, path);
    }
    assert.deepEqual(
      gateway.takeCalls().people.filter(({ path }) => path.startsWith('/people')),
      [],
    );
  });

  test('GraphQL may be open while routes are not', async (t) => {
    const gateway = await startGuarded(t, { gateway: { identity, graphql: { anonymous: true } }, files: jwtFiles });
    assert.equal((await ways['POST /graphql'](gateway.url)).status, 200);
    assert.equal((await ways['GET /api'](gateway.url)).code, 'CREDENTIALS_MISSING');
  });
});

/** A path as it is, which a URL would tidy up. */
async function rawGet({ gateway }: GuardedGateway, path: string, authorization?: string): Promise<{ status: number }> {
  const socket = connect(gateway.port, '127.0.0.1');
  const field = authorization === undefined ? '' : `authorization: ${authorization}\r\n`;
  socket.write(`GET ${path} HTTP/1.1\r\nhost: a\r\n${field}connection: close\r\n\r\n`);
  const [, status = '0'] = /^HTTP\/1\.1 (\d+)/.exec(await text(socket)) ?? [];
  return { status: Number(status) };
}

describe('keys of an issuer', () => {
  test('that change are found as soon as a token names a new one', async (t) => {
    const server = await startIdentityServer(t);
    server.setKeys(es256.jwk);
    const provider = { ...jwtProvider, keys: { url: server.jwksUrl }, remote: { cooldown: '1ms' } };
    const gateway = await startGuarded(t, { gateway: { identity: { providers: [provider] } } });
    const next = await createSigner('ES256', 'es-2');
    const headers = bearer(await next.sign(claimsWith({ sub: 'bob' })));
    for (const name of wayNames) {
      assert.equal((await ways[name](gateway.url, { headers: token })).status, 200, name);
      assert.equal((await ways[name](gateway.url, { headers })).code, 'CREDENTIALS_UNKNOWN', name);
    }
    server.setKeys(next.jwk);
    // A second look within the cooldown is none; the test's time limit ends what never comes.
    while ((await ways['GET /api'](gateway.url, { headers })).status !== 200);
    for (const name of wayNames) assert.equal((await ways[name](gateway.url, { headers })).status, 200, name);
    const old = await asCaller({ sub: 'carol' });
    for (const name of wayNames) {
      assert.equal((await ways[name](gateway.url, { headers: old })).code, 'CREDENTIALS_UNKNOWN', name);
    }
  });

  test('are no secrets, even where a secret may sign too', async (t) => {
    const keys = { publicKey: rs256.pem };
    const provider = { ...jwtProvider, keys, algorithms: ['RS256', 'HS256'] };
    const gateway = startGuarded(t, { gateway: { identity: { providers: [provider] } } });
    await assert.rejects(gateway, /HS256/);
  });
});

describe('limits of HTTP', () => {
  test('a token of a megabyte is answered 431 on both paths, and the next request well', async (t) => {
    const gateway = await startGuarded(t, { gateway: { identity }, files: jwtFiles });
    const huge = `Bearer ${'x'.repeat(1024 * 1024)}`;
    for (const path of ['/graphql?query={a}', '/api/people/1']) {
      assert.equal((await rawGet(gateway, path, huge)).status, 431, path);
    }
    assert.deepEqual(gateway.takeCalls(), { people: [], scores: [] });
    assert.equal((await ways['GET /api'](gateway.url, { headers: token })).status, 200);
  });

  test('a malformed body is 400 for who is known, and 401 for who is not', async (t) => {
    const gateway = await startGuarded(t, { gateway: { identity }, files: jwtFiles });
    const asks = async (headers: Record<string, string>): Promise<Answer> =>
      send(`${gateway.url}/graphql`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', ...headers },
        body: '{ nonsense',
      });
    assert.deepEqual([(await asks(token)).code, (await asks({})).code], ['BAD_REQUEST', 'CREDENTIALS_MISSING']);
  });

  test('a batch whose entries bring credentials of their own is refused whole, whoever sends it', async (t) => {
    const gateway = await startGuarded(t, { gateway: { identity }, files: jwtFiles });
    const other = bearer(await es256.sign(claimsWith({ sub: 'bob' })));
    const entry = (credentials: object) => ({ query: '{ person(id: "1") { name } }', ...credentials });
    const batch = [
      entry({ headers: token, authorization: token.authorization }),
      entry({ headers: other, extensions: { headers: other } }),
    ];
    const asks = async (headers: object, body: unknown): Promise<Answer> =>
      send(`${gateway.url}/graphql`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', ...headers },
        body: JSON.stringify(body),
      });
    const known = await asks(token, batch);
    assert.deepEqual([known.status, known.code], [400, 'BAD_REQUEST']);
    assert.deepEqual(
      [(await asks({}, batch)).code, (await asks({}, batch[0])).code],
      Array(2).fill('CREDENTIALS_MISSING'),
    );
    assert.deepEqual(gateway.takeCalls(), { people: [], scores: [] });
  });
});

test('a refused request that goes on sending is answered, and cut', async (t) => {
  const gateway = await startGuarded(t, { gateway: { identity }, files: jwtFiles });
  const length = 256 * 1024 * 1024;
  const chunk = Buffer.alloc(256 * 1024, ' ');
  for (const path of ['/graphql', '/api/people']) {
    const socket = connect(gateway.gateway.port, '127.0.0.1');
    let answer = '';
    let sent = 0;
    socket
      .on('error', () => {})
      .setEncoding('utf8')
      .on('data', (part: string) => (answer += part));
    socket.write(
      `POST ${path} HTTP/1.1\r\nhost: a\r\ncontent-type: application/json\r\ncontent-length: ${length}\r\n\r\n`,
    );
    const push = (): void => {
      while (!socket.destroyed && sent < length && socket.write(chunk)) sent += chunk.length;
    };
    socket.on('drain', push);
    push();
    await new Promise((resolve) => {
      socket.once('close', resolve);
    });
    assert.match(answer, /^HTTP\/1\.1 401 /, path);
    assert.match(answer, /\r\nconnection: close\r\n/i, path);
    assert.ok(sent < length / 2, `${path}: ${sent} bytes went in`);
  }
});
