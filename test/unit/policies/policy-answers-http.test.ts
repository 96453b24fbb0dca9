import assert from 'node:assert/strict';
import { describe, test, type TestContext } from 'node:test';
import { setImmediate } from 'node:timers/promises';
import { GatewayError } from '../../../src/errors.ts';
import { createPolicyAnswers, type PolicyAuthority } from '../../../src/policies/policy-answers.ts';
import { createHttpAuthority, type HttpAuthorityOptions } from '../../../src/policies/policy-http.ts';
import { cutOff, refusingUrl, startFakeUpstream, type FakeHandler } from '../../support/fake-upstream.ts';
import { callerWith } from '../../support/identity-inputs.ts';

const request = { requestId: '1', address: '10.0.0.1', operationName: 'Me' };
const caller = callerWith({
  consumer: 'acme',
  tier: 'gold',
  scopes: new Set(['a', 'b']),
  roles: new Set(['r']),
  claims: JSON.parse('{"sub":"alice","__proto__":{"x":1}}') as Record<string, unknown>,
});

async function startAuthority(t: TestContext, handler: FakeHandler, given: Partial<HttpAuthorityOptions> = {}) {
  const server = await startFakeUpstream(handler);
  const url = `${server.url}/decide?v=1`;
  const authority = createHttpAuthority({ url, headers: {}, timeoutMs: 5000, ...given });
  t.after(async () => {
    await server.close();
    await authority.close();
  });
  return { server, authority, origin: server.url };
}

async function failureOf(authority: PolicyAuthority): Promise<string> {
  try {
    await authority.ask(['p', 'constructor'], caller, request);
    return 'none';
  } catch (error) {
    assert.ok(error instanceof GatewayError);
    assert.equal(error.code, 'IDENTITY_UNAVAILABLE');
    return error.message;
  }
}

describe('an HTTP authoriser', () => {
  test('is asked with policies, caller and request, and the configured headers', async (t) => {
    const { authority, server } = await startAuthority(t, () => ({ json: { policies: { p: true, q: false } } }), {
      headers: { authorization: 'Bearer of-the-gateway' },
    });
    const decisions = await authority.ask(['p', 'q', 's', 'constructor'], caller, request);
    assert.deepEqual(
      [...decisions],
      [
        ['p', 'granted'],
        ['q', 'denied'],
        ['s', 'denied'],
        ['constructor', 'denied'],
      ],
    );
    const [call] = server.requests;
    assert.deepEqual(
      [call?.method, call?.path, call?.headers['content-type'], call?.headers.authorization],
      ['POST', '/decide?v=1', 'application/json', 'Bearer of-the-gateway'],
    );
    assert.equal(
      call?.body,
      '{"policies":["p","q","s","constructor"],' +
        '"caller":{"id":"subject:jwt:alice","subject":"alice","consumer":"acme","tier":"gold","scopes":["a","b"],' +
        '"roles":["r"],"claims":{"sub":"alice","__proto__":{"x":1}}},' +
        '"request":{"requestId":"1","address":"10.0.0.1","operationName":"Me"}}',
    );
  });

  test('is never told the client’s headers', async (t) => {
    const { authority, server } = await startAuthority(t, () => ({ json: { policies: {} } }));
    await authority.ask(['p'], caller, { ...request, ...{ clientHeaders: { cookie: 'secret' } } });
    assert.doesNotMatch(server.requests[0]?.body ?? '', /secret/);
  });

  const answers: readonly [what: string, handler: FakeHandler, reason: string][] = [
    ['another status', () => ({ status: 403, json: { policies: { p: true } } }), 'Expected status 200, but got: 403'],
    ['a redirect', () => ({ status: 307, headers: { location: '/' } }), 'Expected status 200, but got: 307'],
    ['HTML', () => ({ body: '<html>' }), 'Expected JSON, but got: other text'],
    ['a list', () => ({ json: [] }), 'Expected {"policies": {...}}, but got: other JSON'],
    ['null', () => ({ json: null }), 'Expected {"policies": {...}}, but got: other JSON'],
    ['a list of policies', () => ({ json: { policies: ['p'] } }), 'Expected {"policies": {...}}, but got: other JSON'],
    [
      'a text for true',
      () => ({ json: { policies: { p: 'true' } } }),
      'Expected true or false for policy "p", but got: a value of type string',
    ],
    [
      'more than it may',
      () => ({ json: { policies: { p: true }, pad: 'x'.repeat(70_000) } }),
      'Response content exceeded max size',
    ],
    ['half an answer', (call) => cutOff(call), 'other side closed'],
  ];
  for (const [what, handler, reason] of answers) {
    test(`that answers with ${what} decides nothing: the question fails`, async (t) => {
      const { authority, origin } = await startAuthority(t, handler);
      assert.equal(await failureOf(authority), `policy authoriser at ${origin}: ${reason}`);
    });
  }

  test('that is slow fails in time', async (t) => {
    const { authority, origin } = await startAuthority(t, () => {}, { timeoutMs: 30 });
    const message = `policy authoriser at ${origin}: The operation was aborted due to timeout`;
    assert.equal(await failureOf(authority), message);
  });

  test('that nobody listens as fails, without its path in the message', async (t) => {
    const url = await refusingUrl();
    const authority = createHttpAuthority({ url: `${url}/secret`, headers: {}, timeoutMs: 5000 });
    t.after(() => authority.close());
    const message = await failureOf(authority);
    assert.match(message, /^policy authoriser at http:\/\/127\.0\.0\.1:\d+: .*ECONNREFUSED/);
    assert.doesNotMatch(message, /secret/);
  });

  test('that closes a kept connection is asked again on a new one', async (t) => {
    const { authority, server } = await startAuthority(t, ({ socket, response }) => {
      if (socket === 1 && server.requests.length > 1) response.destroy();
      else return { json: { policies: { p: true } } };
      return undefined;
    });
    await authority.ask(['p'], caller, request);
    // The pool takes a socket for free one turn after its answer.
    await setImmediate();
    const decisions = await authority.ask(['p'], caller, request);
    assert.equal(decisions.get('p'), 'granted');
    assert.deepEqual(
      server.requests.map(({ socket }) => socket),
      [1, 1, 2],
    );
  });

  test('must have a URL', () => {
    for (const url of ['', 'policies', 'file:///etc/passwd']) {
      assert.throws(() => createHttpAuthority({ url, headers: {}, timeoutMs: 1 }), {
        code: 'CONFIGURATION_INVALID',
        message: 'Expected a URL of http: or https: for the policy authoriser.',
      });
    }
  });

  test('is asked once for equal questions at once, and again after it failed', async (t) => {
    let isDown = true;
    const { authority, server } = await startAuthority(t, () =>
      isDown ? { status: 503 } : { json: { policies: { p: true } } },
    );
    const answersOf = createPolicyAnswers(authority, { cacheMs: 60_000 });
    const ask = async (): Promise<readonly string[]> => [...(await answersOf.decide(['p'], caller, request))];
    const both = await Promise.allSettled([ask(), ask()]);
    assert.deepEqual(
      both.map(({ status }) => status),
      ['rejected', 'rejected'],
    );
    assert.equal(server.requests.length, 1);
    isDown = false;
    assert.deepEqual(await ask(), ['p']);
    assert.deepEqual(await ask(), ['p']);
    assert.equal(server.requests.length, 2);
  });
});
