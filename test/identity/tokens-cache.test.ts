import assert from 'node:assert/strict';
import { before, describe, test } from 'node:test';
import type { JwtProviderConfig } from '../../src/config/identity-types.ts';
import { createJwtProvider } from '../../src/identity/tokens/jwt.ts';
import { issuer, jwtConfig } from '../support/token-configs.ts';
import { createSigner, forge, requestWith, type Signer } from '../support/tokens.ts';

const startMs = 1_700_000_000_000;
const claims = { iss: issuer, sub: 'alice', exp: startMs / 1000 + 60, nested: { list: [{}] } };

let signer: Signer;
before(async () => {
  signer = await createSigner('ES256');
});

function setUp(config: Partial<JwtProviderConfig> = {}) {
  const clock = { nowMs: startMs };
  const provider = createJwtProvider(jwtConfig({ keys: { from: 'public-key', pem: signer.pem }, ...config }), {
    now: () => clock.nowMs,
  });
  return { clock, identify: (token: string) => provider.identify(requestWith(token)) };
}

describe('a verified token', () => {
  test('gives the same identity again, and at once', async () => {
    const { identify } = setUp();
    const token = await signer.sign(claims);
    const pending = identify(token);
    assert.ok(pending instanceof Promise);
    const identity = await pending;
    // Another text of the same characters, as each request brings.
    assert.equal(identify(Buffer.from(token).toString()), identity);
  });

  test('gives one identity to all who ask while it is verified', async () => {
    const { identify } = setUp({ cache: { maxBytes: 0, maxAgeMs: 1000 } });
    const token = await signer.sign(claims);
    const found = await Promise.all(Array.from({ length: 10 }, async () => identify(token)));
    assert.equal(new Set(found).size, 1);
  });

  test('gives an identity that nobody can change for the others', async () => {
    const { identify } = setUp();
    const identity = await identify(await signer.sign(claims));
    assert.ok(identity);
    const { nested } = identity.claims as unknown as typeof claims;
    for (const part of [identity, identity.claims, identity.scopes, identity.roles, identity.consumerKeys]) {
      assert.ok(Object.isFrozen(part));
    }
    for (const part of [nested, nested.list, nested.list[0]]) assert.ok(Object.isFrozen(part));
  });

  test('is never served from its expiry on, to the millisecond, tolerance included', async () => {
    const { clock, identify } = setUp({ clockToleranceMs: 250 });
    const token = await signer.sign(claims);
    const identity = await identify(token);
    clock.nowMs = startMs + 60_249;
    assert.equal(identify(token), identity);
    clock.nowMs += 1;
    await assert.rejects(async () => identify(token), { code: 'CREDENTIALS_EXPIRED' });
  });

  test('is verified anew when it was kept as long as configured', async () => {
    const { clock, identify } = setUp({ cache: { maxBytes: 100_000, maxAgeMs: 1000 } });
    const token = await signer.sign(claims);
    const identity = await identify(token);
    clock.nowMs += 999;
    assert.equal(identify(token), identity);
    clock.nowMs += 1;
    assert.ok(identify(token) instanceof Promise);
  });

  test('without an expiry is kept as long as configured', async () => {
    const { clock, identify } = setUp({ cache: { maxBytes: 100_000, maxAgeMs: 1000 } });
    const token = await signer.sign({ iss: issuer });
    const identity = await identify(token);
    clock.nowMs += 999;
    assert.equal(identify(token), identity);
    clock.nowMs += 1;
    assert.ok(identify(token) instanceof Promise);
  });

  test('makes room for later ones, the longest unused first', async () => {
    const { identify } = setUp({ cache: { maxBytes: 10_000, maxAgeMs: 1000 } });
    const tokens = await Promise.all(Array.from({ length: 20 }, async (_, count) => signer.sign({ ...claims, count })));
    for (const token of tokens) await identify(token);
    const kept = tokens.map((token) => !(identify(token) instanceof Promise));
    assert.equal(kept[0], false);
    assert.equal(kept.at(-1), true);
  });

  test('is not kept where nothing is to be kept', async () => {
    const { identify } = setUp({ cache: { maxBytes: 0, maxAgeMs: 1000 } });
    const token = await signer.sign(claims);
    await identify(token);
    assert.ok(identify(token) instanceof Promise);
  });

  test('does nothing for another token of the same claims', async () => {
    const { identify } = setUp();
    const token = await signer.sign(claims);
    await identify(token);
    await assert.rejects(async () => identify(forge(token, { ...claims, sub: 'mallory' })), {
      code: 'CREDENTIALS_INVALID',
    });
    const flipped = `${token.slice(0, -3)}${token.at(-3) === 'A' ? 'B' : 'A'}${token.slice(-2)}`;
    await assert.rejects(async () => identify(flipped), { code: 'CREDENTIALS_INVALID' });
  });
});

test('a refused token is refused again, and stays so', async () => {
  const { identify } = setUp();
  const token = forge(await signer.sign(claims), { ...claims, sub: 'mallory' });
  for (let count = 0; count < 3; count += 1) {
    await assert.rejects(async () => identify(token), { code: 'CREDENTIALS_INVALID' });
  }
});
