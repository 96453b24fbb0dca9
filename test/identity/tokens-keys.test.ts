import assert from 'node:assert/strict';
import { before, describe, test, type TestContext } from 'node:test';
import type { JwtProviderConfig, RemoteDocumentConfig } from '../../src/config/identity-types.ts';
import { createJwtProvider } from '../../src/identity/tokens/jwt.ts';
import { startIdentityServer, type IdentityServer, type Mood } from '../support/identity-server.ts';
import { listenToNotices } from '../support/notices.ts';
import { issuer, jwtConfig, quickRemote } from '../support/token-configs.ts';
import { createSigner, requestWith, type Signer } from '../support/tokens.ts';

const startMs = 1_700_000_000_000;
const claims = { iss: issuer, sub: 'alice', exp: startMs / 1000 + 1_000_000 };

let first: Signer;
let second: Signer;
before(async () => {
  [first, second] = await Promise.all([createSigner('ES256', 'first'), createSigner('ES256', 'second')]);
});

/** A provider of the server's keys, with a clock of its own; nothing that it verified is kept. */
interface Setup {
  readonly server: IdentityServer;
  readonly clock: { nowMs: number };
  /** What came of a token: the subject, or the code that it was refused with. */
  readonly ask: (token: string) => Promise<string | undefined>;
}

async function setUp(
  t: TestContext,
  remote: Partial<RemoteDocumentConfig> = {},
  config: Partial<JwtProviderConfig> = {},
): Promise<Setup> {
  const server = await startIdentityServer(t);
  const clock = { nowMs: startMs };
  const keys = { from: 'jwks-url', url: server.jwksUrl, remote: { ...quickRemote, ...remote } } as const;
  const cache = { maxBytes: 0, maxAgeMs: 1000 };
  const provider = createJwtProvider(jwtConfig({ keys, cache, ...config }), { now: () => clock.nowMs });
  t.after(provider.close);
  server.setKeys(first.jwk);
  return {
    server,
    clock,
    ask: async (token) => {
      try {
        return (await provider.identify(requestWith(token)))?.subject;
      } catch (error) {
        return (error as { readonly code: string }).code;
      }
    },
  };
}

describe('the keys of a server', () => {
  test('are fetched with the first token and kept', async (t) => {
    const notices = listenToNotices(t);
    const { server, clock, ask } = await setUp(t);
    assert.equal(server.calls.length, 0);
    for (let count = 0; count < 3; count += 1) assert.equal(await ask(await first.sign(claims)), 'alice');
    clock.nowMs += quickRemote.maxAgeMs;
    assert.equal(await ask(await first.sign(claims)), 'alice');
    assert.equal(server.count('/jwks'), 1);
    assert.deepEqual(notices.all, [], 'which is nothing to be told of');
  });

  test('are fetched once for all tokens that come first together', async (t) => {
    const { server, ask } = await setUp(t);
    const token = await first.sign(claims);
    const other = await second.sign(claims);
    const asked = await Promise.all(Array.from({ length: 100 }, (_, count) => ask(count % 2 === 0 ? token : other)));
    assert.deepEqual(new Set(asked), new Set(['alice', 'CREDENTIALS_UNKNOWN']));
    assert.equal(server.count('/jwks'), 1);
  });

  test('are fetched again in the background when they are old', async (t) => {
    const { server, clock, ask } = await setUp(t);
    assert.equal(await ask(await first.sign(claims)), 'alice');
    server.setKeys(second.jwk);
    clock.nowMs += quickRemote.maxAgeMs + 1;
    const fetched = server.nextCall();
    assert.equal(await ask(await first.sign(claims)), 'alice', 'the old ones answer meanwhile');
    await fetched;
    assert.equal(await ask(await second.sign(claims)), 'alice');
    assert.equal(await ask(await first.sign(claims)), 'CREDENTIALS_UNKNOWN');
    assert.equal(server.count('/jwks'), 3, 'the last one for the key that was taken out');
  });

  test('are waited for where nobody asked for so long that the old ones say little', async (t) => {
    const { server, clock, ask } = await setUp(t);
    assert.equal(await ask(await first.sign(claims)), 'alice');
    server.setKeys(second.jwk);
    clock.nowMs += 2 * quickRemote.maxAgeMs + 1;
    assert.equal(await ask(await first.sign(claims)), 'CREDENTIALS_UNKNOWN');
  });

  test('are known at once when they are new', async (t) => {
    const { server, ask } = await setUp(t);
    assert.equal(await ask(await first.sign(claims)), 'alice');
    server.setKeys(first.jwk, second.jwk);
    assert.equal(await ask(await second.sign(claims)), 'alice');
    assert.equal(await ask(await first.sign(claims)), 'alice');
    assert.equal(server.count('/jwks'), 2);
  });

  test('are asked for once, however many tokens of unknown keys come', async (t) => {
    const { server, clock, ask } = await setUp(t);
    assert.equal(await ask(await first.sign(claims)), 'alice');
    const tokens = await Promise.all(
      Array.from({ length: 100 }, async (_, count) => second.sign(claims, { kid: `made-up-${count}` })),
    );
    const asked = await Promise.all(tokens.map(ask));
    assert.deepEqual(new Set(asked), new Set(['CREDENTIALS_UNKNOWN']));
    assert.equal(server.count('/jwks'), 2);
    clock.nowMs += quickRemote.cooldownMs - 1;
    for (const token of tokens.slice(0, 5)) assert.equal(await ask(token), 'CREDENTIALS_UNKNOWN');
    assert.equal(server.count('/jwks'), 2, 'nor once more before the cooldown is over');
    clock.nowMs += 1;
    for (const token of tokens.slice(0, 5)) assert.equal(await ask(token), 'CREDENTIALS_UNKNOWN');
    assert.equal(server.count('/jwks'), 3);
  });

  test('are asked for again by a clock that was set back', async (t) => {
    const { server, clock, ask } = await setUp(t);
    server.setMood('failing');
    assert.equal(await ask(await first.sign(claims)), 'IDENTITY_UNAVAILABLE');
    server.setMood('good');
    clock.nowMs -= 3_600_000;
    assert.equal(await ask(await first.sign(claims)), 'alice');
  });
});

describe('a server that gives no keys', () => {
  const moods: readonly Mood[] = ['failing', 'huge', 'html', 'cut off', 'redirecting', 'silent', 'trickling'];
  for (const mood of moods) {
    test(`(${mood}) leaves tokens unverified, not refused, until it does`, async (t) => {
      const notices = listenToNotices(t);
      const { server, clock, ask } = await setUp(t, { timeoutMs: 100 });
      const token = await first.sign(claims);
      server.setMood(mood);
      assert.equal(await ask(token), 'IDENTITY_UNAVAILABLE');
      assert.equal(await ask(token), 'IDENTITY_UNAVAILABLE');
      assert.equal(server.calls.length, 1, 'it is not asked at each request');
      clock.nowMs += quickRemote.cooldownMs;
      assert.equal(await ask(token), 'IDENTITY_UNAVAILABLE');
      server.setMood('good');
      clock.nowMs += quickRemote.cooldownMs;
      assert.equal(await ask(token), 'alice');
      assert.deepEqual(
        notices.all.map(({ level }) => level),
        ['warn', 'info'],
        'operators hear of it once, and when it is over',
      );
      assert.match(notices.all[0]?.message ?? '', /^keys of provider "jwt" cannot be had: GET http:\S+\/jwks: /);
      assert.doesNotMatch(notices.all[0]?.message ?? '', /secret-page/);
    });
  }

  test('(down) is asked again when it is back', async (t) => {
    const { server, clock, ask } = await setUp(t);
    const token = await first.sign(claims);
    await server.goDown();
    assert.equal(await ask(token), 'IDENTITY_UNAVAILABLE');
    await server.comeUp();
    clock.nowMs += quickRemote.cooldownMs;
    assert.equal(await ask(token), 'alice');
  });

  test('leaves the old keys in use, for as long as configured', async (t) => {
    const { server, clock, ask } = await setUp(t);
    assert.equal(await ask(await first.sign(claims)), 'alice');
    await server.goDown();
    clock.nowMs = startMs + quickRemote.maxAgeMs + 1;
    assert.equal(await ask(await first.sign(claims)), 'alice');
    clock.nowMs = startMs + quickRemote.maxAgeMs + quickRemote.maxStaleMs;
    assert.equal(await ask(await first.sign(claims)), 'alice');
    assert.equal(await ask(await second.sign(claims)), 'CREDENTIALS_UNKNOWN');
    clock.nowMs += quickRemote.cooldownMs;
    assert.equal(await ask(await first.sign(claims)), 'IDENTITY_UNAVAILABLE');
    await server.comeUp();
    clock.nowMs += quickRemote.cooldownMs;
    assert.equal(await ask(await first.sign(claims)), 'alice');
  });

  test('(slow) holds up nobody who has old keys and knows that it fails', { timeout: 10_000 }, async (t) => {
    const { server, clock, ask } = await setUp(t, { timeoutMs: 60_000 });
    assert.equal(await ask(await first.sign(claims)), 'alice');
    server.setMood('failing');
    clock.nowMs += 3 * quickRemote.maxAgeMs;
    assert.equal(await ask(await first.sign(claims)), 'alice');
    assert.equal(server.count('/jwks'), 2);
    server.setMood('silent');
    clock.nowMs += quickRemote.cooldownMs;
    const fetched = server.nextCall();
    assert.equal(await ask(await first.sign(claims)), 'alice');
    await fetched;
    assert.equal(server.count('/jwks'), 3);
  });

  test('is not asked for unknown keys either before the cooldown is over', async (t) => {
    const { server, clock, ask } = await setUp(t);
    assert.equal(await ask(await first.sign(claims)), 'alice');
    server.setMood('failing');
    clock.nowMs += 3 * quickRemote.maxAgeMs;
    assert.equal(await ask(await first.sign(claims)), 'alice');
    assert.equal(await ask(await second.sign(claims)), 'CREDENTIALS_UNKNOWN');
    assert.equal(server.count('/jwks'), 2);
  });

  test('gives none that could be used: the old ones stay', async (t) => {
    const hmac = { kty: 'oct', k: Buffer.from('x'.repeat(32)).toString('base64url'), kid: 'first' };
    for (const keys of [[], [hmac], [{ ...first.jwk, use: 'enc' }], ['no key', null]]) {
      const { server, clock, ask } = await setUp(t);
      assert.equal(await ask(await first.sign(claims)), 'alice');
      server.setKeys(...keys);
      clock.nowMs += 2 * quickRemote.maxAgeMs + 1;
      assert.equal(await ask(await first.sign(claims)), 'alice');
      assert.equal(server.count('/jwks'), 2);
    }
  });
});

describe('of a JWKS', () => {
  test('a broken key does not harm the others', async (t) => {
    const { server, ask } = await setUp(t);
    const broken = [
      null,
      'text',
      {},
      { kty: 'EC', kid: 'bad', crv: 'P-256', x: 'AA', y: 'AA' },
      { kty: 'RSA', kid: 7 },
    ];
    server.setKeys(...broken, first.jwk);
    assert.equal(await ask(await second.sign(claims, { kid: 'bad' })), 'CREDENTIALS_UNKNOWN');
    assert.equal(await ask(await first.sign(claims)), 'alice');
    assert.equal(await ask(await first.sign(claims, { kid: undefined })), 'alice');
  });

  test('a key for another use or algorithm, a private key and a secret are not used', async (t) => {
    const algorithms = ['ES256', 'ES384'] as const;
    const { server, ask } = await setUp(t, { cooldownMs: 0 }, { algorithms });
    const secret = { kty: 'oct', k: Buffer.from('x'.repeat(32)).toString('base64url') };
    const wrong = [
      { ...second.jwk, use: 'enc' },
      { ...second.jwk, alg: 'ES384' },
      { ...second.jwk, key_ops: ['encrypt'] },
      { ...second.jwk, d: second.jwk.x },
      { ...second.jwk, ...secret },
    ];
    for (const key of wrong) {
      server.setKeys(first.jwk, key);
      assert.equal(await ask(await second.sign(claims)), 'CREDENTIALS_UNKNOWN', JSON.stringify(key));
    }
    server.setKeys(first.jwk, second.jwk);
    assert.equal(await ask(await second.sign(claims)), 'alice');
  });

  test('every key is tried for a token that names none, up to eight', async (t) => {
    const { server, ask } = await setUp(t);
    const others = await Promise.all(Array.from({ length: 8 }, async (_, count) => createSigner('ES256', `${count}`)));
    server.setKeys(...others.slice(1).map(({ jwk }) => jwk), first.jwk, second.jwk);
    assert.equal(await ask(await first.sign(claims, { kid: undefined })), 'alice');
    assert.equal(await ask(await second.sign(claims, { kid: undefined })), 'CREDENTIALS_INVALID');
    assert.equal(await ask(await second.sign(claims)), 'alice');
  });

  test('keys of two algorithms stand side by side', async (t) => {
    const { server, ask } = await setUp(t, {}, { algorithms: ['ES256', 'EdDSA'] });
    const ed = await createSigner('EdDSA', 'first');
    server.setKeys(first.jwk, ed.jwk);
    assert.equal(await ask(await ed.sign(claims)), 'alice');
    assert.equal(await ask(await first.sign(claims)), 'alice');
  });
});
