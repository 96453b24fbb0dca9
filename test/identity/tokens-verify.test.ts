import assert from 'node:assert/strict';
import { createPublicKey, KeyObject } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { before, describe, test } from 'node:test';
import type { JwtProviderConfig } from '../../src/config/identity-types.ts';
import { GatewayError, type ErrorCode } from '../../src/errors.ts';
import { createJwtProvider } from '../../src/identity/tokens/jwt.ts';
import type { Identity } from '../../src/identity/types.ts';
import { issuer, jwtConfig } from '../support/token-configs.ts';
import {
  createSigner,
  forge,
  requestWith,
  requestWithFields,
  signHmacByHand,
  signRsaByHand,
  signText,
  signWithSecret,
  unsigned,
  type Signer,
} from '../support/tokens.ts';

const nowMs = 1_700_000_000_000;
const seconds = nowMs / 1000;
const now = (): number => nowMs;
const claims = { iss: issuer, sub: 'alice', exp: seconds + 60 };
const secret = 'a secret of more than 32 bytes, as it must be, and of 64 for some';

let ec: Signer;
let rsa: Signer;
before(async () => {
  [ec, rsa] = await Promise.all([createSigner('ES256'), createSigner('RS256')]);
});

function providerOf(config: Partial<JwtProviderConfig> = {}) {
  return createJwtProvider(jwtConfig({ keys: { from: 'public-key', pem: ec.pem }, ...config }), { now });
}

async function identify(token: string, config: Partial<JwtProviderConfig> = {}): Promise<Identity> {
  const identity = await providerOf(config).identify(requestWith(token));
  assert.ok(identity);
  return identity;
}

async function refuses(code: ErrorCode, token: string, config: Partial<JwtProviderConfig> = {}): Promise<void> {
  const asked = async (): Promise<unknown> => providerOf(config).identify(requestWith(token));
  await assert.rejects(asked(), (error) => {
    assert.ok(error instanceof GatewayError);
    assert.equal(error.code, code, error.message);
    for (const part of token.split('.')) {
      assert.ok(part.length < 10 || !error.message.includes(part), 'nothing of the token is in the message');
    }
    return true;
  });
}

describe('a good token', () => {
  test('says who asks and what it may do', async () => {
    const token = await ec.sign({ ...claims, jti: 'a1', client_id: 'shop', scope: 'read  write', roles: ['admin'] });
    assert.deepEqual(await identify(token), {
      provider: 'jwt',
      subject: 'alice',
      issuer,
      tokenId: 'a1',
      consumerKeys: ['subject:alice', 'client:shop'],
      tier: undefined,
      scopes: ['read', 'write'],
      roles: ['admin'],
      claims: { ...claims, jti: 'a1', client_id: 'shop', scope: 'read  write', roles: ['admin'] },
    });
  });

  test('has scopes as a text, as a list, or as scp', async () => {
    assert.deepEqual((await identify(await ec.sign({ ...claims, scope: ['a', 'b'] }))).scopes, ['a', 'b']);
    assert.deepEqual((await identify(await ec.sign({ ...claims, scp: 'a b' }))).scopes, ['a', 'b']);
    assert.deepEqual((await identify(await ec.sign({ ...claims, scope: 'a', scp: 'b' }))).scopes, ['a']);
    assert.deepEqual((await identify(await ec.sign(claims))).scopes, []);
  });

  test('is read by the configured claims, by whole name and by dotted path', async () => {
    const names = { scopes: 'app.scopes', roles: 'realm.roles', tier: 'https://shop.example/tier', client: 'app.id' };
    const given = {
      ...claims,
      app: { scopes: ['a'], id: 'shop' },
      realm: { roles: 'admin' },
      'https://shop.example/tier': 'gold',
      scp: 'not asked for',
      azp: 'not asked for',
    };
    const identity = await identify(await ec.sign(given), { claims: names });
    assert.deepEqual(identity.scopes, ['a']);
    assert.deepEqual(identity.roles, ['admin']);
    assert.equal(identity.tier, 'gold');
    assert.deepEqual(identity.consumerKeys, ['subject:alice', 'client:shop']);
    const azp = await identify(await ec.sign({ ...claims, azp: 'shop' }));
    assert.deepEqual(azp.consumerKeys, ['subject:alice', 'client:shop']);
  });

  test('without scopes or a client at the configured place has none, whatever scp and azp say', async () => {
    const names = { scopes: 'permissions', roles: 'roles', tier: undefined, client: 'app' };
    const identity = await identify(await ec.sign({ ...claims, scp: 'admin', azp: 'shop' }), { claims: names });
    assert.deepEqual(identity.scopes, []);
    assert.deepEqual(identity.consumerKeys, ['subject:alice']);
  });

  test('may be of any allowed algorithm', async () => {
    const algorithms = ['RS384', 'PS256', 'ES384', 'ES512', 'EdDSA'] as const;
    const folder = mkdtempSync(join(tmpdir(), 'weft-keys-'));
    const file = join(folder, 'keys.json');
    try {
      const signers = await Promise.all(algorithms.map(async (algorithm) => createSigner(algorithm)));
      writeFileSync(file, JSON.stringify({ keys: signers.map(({ jwk }) => jwk) }));
      const config = { keys: { from: 'jwks-file', file }, algorithms } as const;
      for (const signer of signers) assert.equal((await identify(await signer.sign(claims), config)).subject, 'alice');
      for (const { pem, sign } of signers) {
        const alone = { keys: { from: 'public-key', pem }, algorithms } as const;
        assert.equal((await identify(await sign(claims), alone)).subject, 'alice');
      }
    } finally {
      rmSync(folder, { recursive: true });
    }
    for (const alg of ['HS256', 'HS384', 'HS512'] as const) {
      const config = { keys: { from: 'secret', secret }, algorithms: [alg] } as const;
      assert.equal((await identify(await signWithSecret(claims, secret, alg), config)).subject, 'alice');
    }
  });

  test('may stand in a cookie, a header or the query', async () => {
    const token = await ec.sign(claims);
    const provider = providerOf({
      sources: [
        { from: 'header', name: 'x-token' },
        { from: 'cookie', name: 'token' },
        { from: 'query', name: 'token' },
      ],
    });
    assert.equal(provider.challenge, undefined);
    const requests = [
      requestWithFields(['X-Token', token]),
      requestWithFields(['Cookie', `a=b; token=${token}`]),
      requestWithFields([], `/graphql?token=${token}`),
    ];
    for (const request of requests) assert.equal((await provider.identify(request))?.subject, 'alice');
    assert.equal(provider.identify(requestWith(token)), undefined);
    assert.deepEqual(provider.places, { headers: ['x-token'], cookies: ['token'], queryParameters: ['token'] });
  });

  test('is not asked for: a request without one has no identity, and at once', () => {
    const provider = providerOf();
    assert.equal(provider.identify(requestWith()), undefined);
    assert.equal(provider.identify(requestWithFields(['Authorization', 'Basic YTpi'])), undefined);
    assert.equal(provider.challenge, 'Bearer realm="weft"');
  });
});

describe('a forged token is not valid', () => {
  test('with other claims under a good signature', async () => {
    await refuses('CREDENTIALS_INVALID', forge(await ec.sign(claims), { ...claims, sub: 'mallory' }));
  });

  test('signed by another key', async () => {
    await refuses('CREDENTIALS_INVALID', await (await createSigner('ES256')).sign(claims));
  });

  test('without a signature: alg none, in any letter case', async () => {
    for (const alg of ['none', 'None', 'NONE']) {
      const input = unsigned(JSON.stringify({ alg, typ: 'JWT' }), JSON.stringify(claims));
      await refuses('CREDENTIALS_INVALID', `${input}.`);
      await refuses('CREDENTIALS_INVALID', `${input}.AAAA`);
    }
    const [header, payload] = (await ec.sign(claims)).split('.');
    await refuses('CREDENTIALS_INVALID', `${header}.${payload}.`);
  });

  test('signed with an RS256 public key as an HS256 secret', async () => {
    const algorithms = ['RS256'] as const;
    const config = { keys: { from: 'public-key', pem: rsa.pem }, algorithms } as const;
    assert.equal((await identify(await rsa.sign(claims), config)).subject, 'alice');
    for (const header of [{ alg: 'HS256' }, { alg: 'HS256', kid: rsa.kid }]) {
      await refuses('CREDENTIALS_INVALID', signHmacByHand(header, claims, rsa.pem), config);
      await refuses('CREDENTIALS_INVALID', signHmacByHand(header, claims, rsa.pem.trim()), config);
    }
  });

  test('signed by an algorithm that is not allowed, or with a header that names none', async () => {
    await refuses('CREDENTIALS_INVALID', await rsa.sign(claims));
    await refuses('CREDENTIALS_INVALID', signRsaByHand('{}', claims, KeyObject.from(rsa.privateKey)));
    await refuses('CREDENTIALS_INVALID', signRsaByHand('{"alg":["ES256"]}', claims, KeyObject.from(rsa.privateKey)));
    const token = signRsaByHand('{"alg":"RS512"}', claims, KeyObject.from(rsa.privateKey), 'sha512');
    const keys = { from: 'public-key', pem: rsa.pem } as const;
    assert.ok(await identify(token, { keys, algorithms: ['RS512'] }));
    await refuses('CREDENTIALS_INVALID', token, { keys, algorithms: ['RS256'] });
  });

  test('that brings its own key, or says where one is', async () => {
    const mallory = await createSigner('ES256', ec.kid);
    await refuses('CREDENTIALS_INVALID', await mallory.sign(claims, { jwk: mallory.jwk }));
    await refuses('CREDENTIALS_INVALID', await mallory.sign(claims, { jku: 'http://127.0.0.1:1/jwks' }));
  });

  test('with critical extensions, even those that a library knows', async () => {
    const config = { keys: { from: 'public-key', pem: rsa.pem }, algorithms: ['RS256'] } as const;
    const key = KeyObject.from(rsa.privateKey);
    const crits = ['"crit":["exp"],"exp":1', '"crit":["b64"],"b64":true', '"crit":[]', '"crit":null', '"crit":"b64"'];
    for (const crit of crits) {
      await refuses('CREDENTIALS_INVALID', signRsaByHand(`{"alg":"RS256",${crit}}`, claims, key), config);
    }
  });
});

describe('a token is refused with a code of its own', () => {
  test('once it has expired', async () => {
    await refuses('CREDENTIALS_EXPIRED', await ec.sign({ ...claims, exp: seconds }));
    await refuses('CREDENTIALS_EXPIRED', await ec.sign({ ...claims, exp: -1 }));
    assert.ok(await identify(await ec.sign({ ...claims, exp: seconds + 0.001 })));
  });

  test('before it is valid', async () => {
    await refuses('CREDENTIALS_NOT_YET_VALID', await ec.sign({ ...claims, nbf: seconds + 0.001 }));
    assert.ok(await identify(await ec.sign({ ...claims, nbf: seconds })));
  });

  test('and a difference of clocks is tolerated to the millisecond', async () => {
    const tolerant = { clockToleranceMs: 1500 };
    assert.ok(await identify(await ec.sign({ ...claims, exp: seconds - 1.499 }), tolerant));
    await refuses('CREDENTIALS_EXPIRED', await ec.sign({ ...claims, exp: seconds - 1.5 }), tolerant);
    assert.ok(await identify(await ec.sign({ ...claims, nbf: seconds + 1.5 }), tolerant));
    await refuses('CREDENTIALS_NOT_YET_VALID', await ec.sign({ ...claims, nbf: seconds + 1.501 }), tolerant);
  });

  test('of another issuer, or of none', async () => {
    await refuses('CREDENTIALS_WRONG_ISSUER', await ec.sign({ ...claims, iss: `${issuer}/` }));
    await refuses('CREDENTIALS_WRONG_ISSUER', await ec.sign({ sub: 'alice' }));
    assert.equal((await identify(await ec.sign({ sub: 'alice' }), { issuers: [] })).issuer, undefined);
  });

  test('of another issuer, before its algorithm is looked at: another provider may allow it', async () => {
    await refuses('CREDENTIALS_WRONG_ISSUER', await rsa.sign({ ...claims, iss: 'https://other.example' }));
  });

  test('for another audience, or for none', async () => {
    const config = { audiences: ['shop', 'admin'] };
    assert.ok(await identify(await ec.sign({ ...claims, aud: 'admin' }), config));
    assert.ok(await identify(await ec.sign({ ...claims, aud: ['x', 'shop'] }), config));
    await refuses('CREDENTIALS_WRONG_AUDIENCE', await ec.sign({ ...claims, aud: ['x'] }), config);
    await refuses('CREDENTIALS_WRONG_AUDIENCE', await ec.sign({ ...claims, aud: 'shop admin' }), config);
    await refuses('CREDENTIALS_WRONG_AUDIENCE', await ec.sign(claims), config);
  });

  test('that is no JWT, or not in its one form', async () => {
    const [header = '', payload = '', signature = ''] = (await ec.sign(claims)).split('.');
    const others = [
      '',
      'opaque',
      'a.b.c',
      `${header}.${payload}`,
      `${header}.${payload}.${signature}.`,
      `${header}..${signature}`,
      `${header}.${payload}.${signature}=`,
      `${header}.${payload}.${signature} `.replace(' ', '%20'),
      `${header}=.${payload}.${signature}`,
      'eyJhbGciOiJkaXIifQ.a.b.c.d',
    ];
    for (const token of others) await refuses('CREDENTIALS_MALFORMED', token);
  });

  test('whose claims are no object of JSON, or no UTF-8', async () => {
    for (const text of ['[]', 'null', '"text"', '{', '']) {
      await refuses('CREDENTIALS_MALFORMED', await signText(text, { alg: 'ES256' }, ec.privateKey));
    }
    const broken = Buffer.concat([Buffer.from(`{"iss":"${issuer}","sub":"`), Buffer.of(0xff), Buffer.from('"}')]);
    await refuses('CREDENTIALS_MALFORMED', await signText(broken, { alg: 'ES256' }, ec.privateKey));
  });

  test('that is longer than allowed, by a byte or by a megabyte', async () => {
    const token = await ec.sign(claims);
    assert.ok(await identify(token, { maxTokenBytes: token.length }));
    await refuses('CREDENTIALS_MALFORMED', token, { maxTokenBytes: token.length - 1 });
    await refuses('CREDENTIALS_MALFORMED', await ec.sign({ ...claims, padding: 'x'.repeat(1_000_000) }));
  });

  test('without a claim that is required', async () => {
    await refuses('CREDENTIALS_INVALID', await ec.sign(claims), { requiredClaims: ['org.id'] });
    assert.ok(await identify(await ec.sign({ ...claims, org: { id: 0 } }), { requiredClaims: ['org.id', 'exp'] }));
  });

  test('with a claim of a wrong type', async () => {
    const names = { scopes: 'scope', roles: 'roles', tier: 'tier', client: 'client_id' };
    const wrong: readonly object[] = [
      ...[{ iss: 1 }, { iss: [issuer] }, { sub: 1 }, { sub: '' }, { sub: null }, { sub: {} }, { jti: 1 }],
      ...[{ exp: `${seconds + 60}` }, { exp: null }, { exp: [seconds + 60] }, { nbf: '0' }, { iat: 'today' }],
      ...[{ aud: 1 }, { aud: [1] }, { aud: { shop: true } }],
      ...[{ scope: 1 }, { scope: {} }, { scope: [['admin']] }, { scope: null }, { scp: 1 }],
      ...[{ roles: 1 }, { roles: ['a', 1] }, { roles: { admin: true } }],
      ...[{ tier: ['gold'] }, { tier: 1 }, { client_id: 1 }, { azp: ['shop'] }],
    ];
    for (const claim of wrong) {
      // Whether or not there is an audience to look for.
      await refuses('CREDENTIALS_INVALID', await ec.sign({ ...claims, ...claim }), { claims: names });
    }
    const infinite = JSON.stringify(claims).replace(String(claims.exp), '1e999');
    await refuses('CREDENTIALS_INVALID', await signText(infinite, { alg: 'ES256' }, ec.privateKey));
  });

  test('with a kid that is no text', async () => {
    await refuses('CREDENTIALS_INVALID', await ec.sign(claims, { kid: 7 }));
  });
});

describe('names of every object', () => {
  test('are claims like any other, and change nothing', async () => {
    const text = `{"iss":"${issuer}","sub":"alice","__proto__":{"scope":"admin","tier":"gold"},"constructor":"x"}`;
    const identity = await identify(await signText(text, { alg: 'ES256' }, ec.privateKey), {
      claims: { scopes: 'scope', roles: 'roles', tier: 'tier', client: 'client_id' },
    });
    assert.deepEqual(identity.scopes, []);
    assert.equal(identity.tier, undefined);
    assert.equal(identity.claims['scope'], undefined);
    assert.ok(Object.hasOwn(identity.claims, '__proto__'));
    assert.equal(Object.getPrototypeOf(identity.claims), Object.prototype);
    assert.equal(({} as Record<string, unknown>)['scope'], undefined);
  });

  test('are missing where the token does not have them', async () => {
    for (const name of ['__proto__', 'constructor', 'toString', 'constructor.name', '__proto__.toString']) {
      await refuses('CREDENTIALS_INVALID', await ec.sign(claims), { requiredClaims: [name] });
    }
    const identity = await identify(await ec.sign(claims), {
      claims: { scopes: 'constructor.name', roles: '__proto__', tier: 'constructor.name', client: 'toString.name' },
    });
    assert.deepEqual([identity.scopes, identity.roles, identity.tier], [[], [], undefined]);
    assert.deepEqual(identity.consumerKeys, ['subject:alice']);
  });

  test('in a header give no algorithm', async () => {
    const token = signRsaByHand('{"__proto__":{"alg":"RS256"}}', claims, KeyObject.from(rsa.privateKey));
    await refuses('CREDENTIALS_INVALID', token, { keys: { from: 'public-key', pem: rsa.pem }, algorithms: ['RS256'] });
  });

  test('do no harm in claims that are nested very deeply', async () => {
    const text = `{"iss":"${issuer}","deep":${'['.repeat(20_000)}${']'.repeat(20_000)}}`;
    const token = await signText(text, { alg: 'ES256' }, ec.privateKey);
    assert.equal((await identify(token, { maxTokenBytes: 100_000 })).issuer, issuer);
  });
});

describe('a provider is not made', () => {
  const refusesConfig = (config: Partial<JwtProviderConfig>, message: RegExp): void => {
    assert.throws(() => providerOf(config), { code: 'CONFIGURATION_INVALID', message });
  };

  test('of public keys with HS* algorithms, or a secret with others', () => {
    const message = /algorithms that go with/;
    refusesConfig({ algorithms: ['ES256', 'HS256'] }, message);
    refusesConfig({ algorithms: ['HS256'], keys: { from: 'jwks-file', file: '/nowhere' } }, message);
    const keys = { from: 'jwks-url', url: 'http://127.0.0.1:1/', remote: remoteOf() } as const;
    refusesConfig({ algorithms: ['RS256', 'HS512'], keys }, message);
    refusesConfig({ algorithms: ['HS256', 'RS256'], keys: { from: 'secret', secret } }, message);
  });

  test('of a public key that goes with none of the algorithms', () => {
    refusesConfig({ algorithms: ['RS256', 'ES384', 'EdDSA'] }, /algorithms that go with the public key/);
    const small = `-----BEGIN PUBLIC KEY-----
MFwwDQYJKoZIhvcNAQEBBQADSwAwSAJBAKj34GkxFhD90vcNLYLInFEX6Ppy1tPf9Cnzj4p4WGeKLs1Pt8Qu
KUpRKfFLfRYC9AIKjbJTWit+CqvjWYzvQwECAwEAAQ==
-----END PUBLIC KEY-----`;
    assert.equal(createPublicKey(small).asymmetricKeyDetails?.modulusLength, 512);
    refusesConfig({ algorithms: ['RS256'], keys: { from: 'public-key', pem: small } }, /go with the public key/);
  });

  test('of a secret that is too short for an algorithm', () => {
    for (const [length, algorithm] of [
      [31, 'HS256'],
      [47, 'HS384'],
      [63, 'HS512'],
    ] as const) {
      const keys = { from: 'secret', secret: 'x'.repeat(length) } as const;
      refusesConfig({ algorithms: [algorithm], keys }, new RegExp(`${length + 1} bytes at least`));
    }
    assert.ok(providerOf({ algorithms: ['HS256'], keys: { from: 'secret', secret: 'x'.repeat(32) } }));
  });

  test('without algorithms', () => {
    refusesConfig({ algorithms: [] }, /one algorithm at least/);
    refusesConfig({ algorithms: [], keys: { from: 'secret', secret } }, /one algorithm at least/);
  });

  test('of texts that are no public key, and none of them is told', async () => {
    const { privateKey } = rsa;
    const pem = KeyObject.from(privateKey).export({ type: 'pkcs8', format: 'pem' });
    for (const text of [pem, 'secret-text', '-----BEGIN PUBLIC KEY-----\nc2VjcmV0\n-----END PUBLIC KEY-----']) {
      assert.throws(
        () => providerOf({ algorithms: ['RS256'], keys: { from: 'public-key', pem: text } }),
        (error) =>
          error instanceof GatewayError && error.code === 'CONFIGURATION_INVALID' && !error.message.includes('c2Vj'),
      );
    }
  });

  test('of a file that is not there or no JWKS', () => {
    const file = new URL(import.meta.url).pathname;
    refusesConfig({ keys: { from: 'jwks-file', file } }, /a JWKS in .*no JWKS/);
    refusesConfig({ keys: { from: 'jwks-file', file: `${file}.no` } }, /ENOENT/);
  });

  test('of a URL that is not of the web, or holds a password', () => {
    for (const url of ['file:///etc/passwd', 'keys', 'http://user:hunter2@127.0.0.1/']) {
      assert.throws(
        () => providerOf({ keys: { from: 'jwks-url', url, remote: remoteOf() } }),
        (error) =>
          error instanceof GatewayError && error.code === 'CONFIGURATION_INVALID' && !error.message.includes('hunter2'),
      );
    }
  });
});

function remoteOf() {
  return { maxAgeMs: 1, maxStaleMs: 1, cooldownMs: 1, timeoutMs: 1, maxBytes: 1 };
}
