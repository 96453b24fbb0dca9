import assert from 'node:assert/strict';
import { describe, test, type TestContext } from 'node:test';
import type { IntrospectionProviderConfig } from '../../src/config/identity-types.ts';
import { createIntrospectionProvider } from '../../src/identity/tokens/introspection.ts';
import type { Identity } from '../../src/identity/types.ts';
import { startIdentityServer, type IdentityServer, type Mood } from '../support/identity-server.ts';
import { listenToNotices } from '../support/notices.ts';
import { introspectionConfig, issuer, quickRemote } from '../support/token-configs.ts';
import { createSigner, requestWith } from '../support/tokens.ts';

const startMs = 1_700_000_000_000;
const seconds = startMs / 1000;
const good = { active: true, sub: 'alice', client_id: 'shop', scope: 'read write', exp: seconds + 60 };

interface Setup {
  readonly server: IdentityServer;
  readonly clock: { nowMs: number };
  readonly identify: (token: string) => Identity | undefined | Promise<Identity | undefined>;
  /** The code that a token is refused with. */
  readonly refusal: (token: string) => Promise<string | undefined>;
}

async function setUp(t: TestContext, config: Partial<IntrospectionProviderConfig> = {}): Promise<Setup> {
  const server = await startIdentityServer(t);
  const clock = { nowMs: startMs };
  const options = introspectionConfig({ endpoint: { url: server.introspectionUrl }, ...config });
  const provider = createIntrospectionProvider(options, { now: () => clock.nowMs });
  t.after(provider.close);
  server.setAnswer('good', good);
  const identify = (token: string) => provider.identify(requestWith(token));
  return {
    ...{ server, clock, identify },
    refusal: async (token) => {
      try {
        await identify(token);
        return undefined;
      } catch (error) {
        return (error as { readonly code: string }).code;
      }
    },
  };
}

describe('an active token', () => {
  test('says who asks and what it may do', async (t) => {
    const { identify } = await setUp(t);
    const identity = await identify('good');
    assert.deepEqual(identity, {
      provider: 'introspection',
      subject: 'alice',
      issuer: undefined,
      tokenId: undefined,
      consumerKeys: ['subject:alice', 'client:shop'],
      tier: undefined,
      scopes: ['read', 'write'],
      roles: [],
      claims: good,
    });
    assert.ok(Object.isFrozen(identity));
  });

  test('is asked about with the credentials of RFC 6749, 2.3.1', async (t) => {
    const { server, identify } = await setUp(t, { clientId: 'a b:c', clientSecret: 'p%+ä' });
    await identify('good');
    const [call] = server.calls;
    assert.equal(call?.method, 'POST');
    assert.equal(call.headers['content-type'], 'application/x-www-form-urlencoded');
    assert.equal(call.headers.accept, 'application/json');
    assert.equal(call.body, 'token=good&token_type_hint=access_token');
    const [scheme, pair = ''] = (call.headers.authorization ?? '').split(' ');
    assert.equal(scheme, 'Basic');
    assert.equal(Buffer.from(pair, 'base64').toString(), 'a+b%3Ac:p%25%2B%C3%A4');
  });

  test('is asked about with credentials in the body where configured', async (t) => {
    const { server, identify } = await setUp(t, { clientAuth: 'post', clientSecret: 'a&b' });
    await identify('good');
    const [call] = server.calls;
    assert.equal(call?.headers.authorization, undefined);
    assert.equal(new URLSearchParams(call?.body).get('client_id'), 'gateway');
    assert.equal(new URLSearchParams(call?.body).get('client_secret'), 'a&b');
  });

  test('cannot add to the question', async (t) => {
    const { server, identify } = await setUp(t);
    server.setAnswer('a&token=good', good);
    assert.ok(await identify('a&token=good'));
    assert.equal(server.calls[0]?.body, 'token=a%26token%3Dgood&token_type_hint=access_token');
  });

  test('is asked about once, however many ask', async (t) => {
    const { server, identify } = await setUp(t);
    const found = await Promise.all(Array.from({ length: 50 }, async () => identify('good')));
    assert.equal(new Set(found).size, 1);
    assert.equal(server.calls.length, 1);
  });

  test('is kept as long as configured', async (t) => {
    const { server, clock, identify } = await setUp(t, { cache: { maxBytes: 100_000, maxAgeMs: 30_000 } });
    const identity = await identify('good');
    clock.nowMs += 29_999;
    assert.equal(identify('good'), identity);
    assert.equal(server.calls.length, 1);
    server.setAnswer('good', { active: false });
    clock.nowMs += 1;
    await assert.rejects(async () => identify('good'), { code: 'CREDENTIALS_UNKNOWN' });
  });

  test('is never kept past its expiry, not even for the tolerance', async (t) => {
    const { server, clock, identify } = await setUp(t, { clockToleranceMs: 5000 });
    const identity = await identify('good');
    clock.nowMs = startMs + 59_999;
    assert.equal(identify('good'), identity);
    clock.nowMs += 1;
    assert.ok(await identify('good'), 'the server says that it is active');
    assert.equal(server.calls.length, 2);
    clock.nowMs = startMs + 65_000;
    await assert.rejects(async () => identify('good'), { code: 'CREDENTIALS_EXPIRED' });
  });
});

describe('a token is refused', () => {
  test('that is not active, or has expired', async (t) => {
    const { server, refusal } = await setUp(t);
    assert.equal(await refusal('unknown'), 'CREDENTIALS_UNKNOWN');
    server.setAnswer('old', { active: false, exp: seconds });
    assert.equal(await refusal('old'), 'CREDENTIALS_EXPIRED');
    server.setAnswer('revoked', { active: false, exp: seconds + 1 });
    assert.equal(await refusal('revoked'), 'CREDENTIALS_UNKNOWN');
  });

  test('for what its claims say, as a JWT is', async (t) => {
    const { server, refusal } = await setUp(t, {
      ...{ issuers: [issuer], audiences: ['shop'], requiredClaims: ['username'] },
    });
    const fine = { active: true, username: 'alice', aud: ['shop'] };
    const answers = [
      [undefined, fine],
      [undefined, { ...fine, iss: issuer }],
      ['CREDENTIALS_WRONG_ISSUER', { ...fine, iss: 'https://other.example' }],
      ['CREDENTIALS_WRONG_AUDIENCE', { ...fine, aud: 'admin' }],
      ['CREDENTIALS_WRONG_AUDIENCE', { active: true, username: 'alice' }],
      ['CREDENTIALS_EXPIRED', { ...fine, exp: seconds }],
      ['CREDENTIALS_NOT_YET_VALID', { ...fine, nbf: seconds + 1 }],
      ['CREDENTIALS_INVALID', { active: true, aud: 'shop' }],
      ['CREDENTIALS_INVALID', { ...fine, exp: 'later' }],
      ['CREDENTIALS_INVALID', { ...fine, scope: 7 }],
      ['CREDENTIALS_INVALID', { ...fine, sub: ['alice'] }],
    ] as const;
    for (const [index, [code, answer]] of answers.entries()) {
      server.setAnswer(`token-${index}`, answer);
      assert.equal(await refusal(`token-${index}`), code, JSON.stringify(answer));
    }
  });

  test('without a call where no server would know it', async (t) => {
    const { server, refusal } = await setUp(t);
    assert.equal(await refusal(''), 'CREDENTIALS_MALFORMED');
    assert.equal(await refusal('two words'), 'CREDENTIALS_MALFORMED');
    assert.equal(await refusal('tökén'), 'CREDENTIALS_MALFORMED');
    assert.equal(await refusal('x'.repeat(8193)), 'CREDENTIALS_MALFORMED');
    assert.equal(await refusal('x'.repeat(1_000_000)), 'CREDENTIALS_MALFORMED');
    assert.equal(server.calls.length, 0);
    assert.equal(await refusal('x'.repeat(8192)), 'CREDENTIALS_UNKNOWN');
  });

  test('for a second without asking again', async (t) => {
    const { server, clock, identify, refusal } = await setUp(t);
    for (let count = 0; count < 3; count += 1) assert.equal(await refusal('soon'), 'CREDENTIALS_UNKNOWN');
    clock.nowMs += 999;
    assert.equal(await refusal('soon'), 'CREDENTIALS_UNKNOWN');
    assert.equal(server.calls.length, 1);
    server.setAnswer('soon', good);
    clock.nowMs += 1;
    assert.ok(await identify('soon'));
  });
});

describe('a token that looks like a JWT', () => {
  test('is left to another provider', async (t) => {
    const { server, identify } = await setUp(t);
    const token = await (await createSigner('ES256')).sign({ sub: 'alice' });
    assert.equal(identify(token), undefined);
    for (const opaque of ['two.dots.only', `${Buffer.from('{"id":1}').toString('base64url')}.b.c`]) {
      server.setAnswer(opaque, good);
      assert.ok(await identify(opaque), 'an opaque token may have dots');
    }
    assert.equal(server.calls.length, 2);
  });

  test('is asked about where the provider is for all tokens', async (t) => {
    const { server, identify } = await setUp(t, { tokens: 'all' });
    const token = await (await createSigner('ES256')).sign({ sub: 'alice' });
    server.setAnswer(token, good);
    assert.ok(await identify(token));
  });
});

describe('a server that says nothing of tokens', () => {
  const moods: readonly Mood[] = ['failing', 'huge', 'html', 'cut off', 'redirecting', 'silent', 'trickling'];
  for (const mood of moods) {
    test(`(${mood}) leaves them unverified, not refused, until it does`, async (t) => {
      const notices = listenToNotices(t);
      const { server, identify, refusal } = await setUp(t, { remote: { ...quickRemote, timeoutMs: 100 } });
      server.setMood(mood);
      assert.equal(await refusal('good'), 'IDENTITY_UNAVAILABLE');
      assert.equal(await refusal('good'), 'IDENTITY_UNAVAILABLE');
      server.setMood('good');
      assert.ok(await identify('good'));
      assert.deepEqual(
        notices.all.map(({ level }) => level),
        ['warn', 'info'],
      );
      assert.doesNotMatch(notices.all[0]?.message ?? '', /good|gateway-secret|secret-page/);
    });
  }

  test('(down) does not end tokens that are kept', async (t) => {
    const { server, identify, refusal } = await setUp(t);
    const identity = await identify('good');
    await server.goDown();
    assert.equal(identify('good'), identity);
    assert.equal(await refusal('other'), 'IDENTITY_UNAVAILABLE');
  });

  test('(another API) is not believed', async (t) => {
    const { server, refusal } = await setUp(t);
    for (const [index, answer] of ['text', [], null, { active: 'true' }, { sub: 'alice' }, { active: 1 }].entries()) {
      server.setAnswer(`token-${index}`, answer ?? 'null');
      assert.equal(await refusal(`token-${index}`), 'IDENTITY_UNAVAILABLE');
    }
  });
});

describe('the endpoint', () => {
  test('is found by discovery, once', async (t) => {
    const server = await startIdentityServer(t);
    const provider = createIntrospectionProvider(introspectionConfig({ endpoint: { issuer: server.url } }));
    t.after(provider.close);
    server.setAnswer('good', { active: true, sub: 'alice' });
    server.setAnswer('another', { active: true, sub: 'bob' });
    assert.equal((await provider.identify(requestWith('good')))?.subject, 'alice');
    assert.equal((await provider.identify(requestWith('another')))?.subject, 'bob');
    assert.equal(server.count('/.well-known/openid-configuration'), 1);
  });

  test('is not believed of an issuer that names another', async (t) => {
    const server = await startIdentityServer(t);
    server.setDiscovery({ issuer: `${server.url}/` });
    const provider = createIntrospectionProvider(introspectionConfig({ endpoint: { issuer: server.url } }));
    t.after(provider.close);
    await assert.rejects(async () => provider.identify(requestWith('good')), { code: 'IDENTITY_UNAVAILABLE' });
    assert.equal(server.count('/introspect'), 0);
  });

  test('must be a URL of the web', () => {
    for (const endpoint of [{ url: 'ftp://127.0.0.1/' }, { issuer: 'issuer' }]) {
      assert.throws(() => createIntrospectionProvider(introspectionConfig({ endpoint })), {
        code: 'CONFIGURATION_INVALID',
      });
    }
  });
});
