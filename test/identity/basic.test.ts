import assert from 'node:assert/strict';
import { argon2Sync, scryptSync } from 'node:crypto';
import { describe, test } from 'node:test';
import { GatewayError, type ErrorCode } from '../../src/errors.ts';
import { createBasicProvider } from '../../src/identity/passwords/basic.ts';
import { hashPassword, readPasswordHash, verifyPassword } from '../../src/identity/passwords/password-hash.ts';
import type { Identity, Provider } from '../../src/identity/types.ts';
import { consumerWith } from '../support/identity-inputs.ts';
import { identityRequest } from '../support/identity-request.ts';

const unpadded = (bytes: Buffer): string => bytes.toString('base64').replace(/=+$/, '');
const salt = Buffer.from('a salt of 16 byt');

/** As cheap as the algorithms go: what is tested is not the cost. */
function argon2id(password: string): string {
  const how = { message: password, nonce: salt, memory: 8, passes: 1, parallelism: 1, tagLength: 32 };
  return `$argon2id$v=19$m=8,t=1,p=1$${unpadded(salt)}$${unpadded(argon2Sync('argon2id', how))}`;
}

function scrypt(password: string): string {
  return `$scrypt$ln=1,r=1,p=1$${unpadded(salt)}$${unpadded(scryptSync(password, salt, 32, { N: 2, r: 1, p: 1 }))}`;
}

function providerOf(users: Readonly<Record<string, string | undefined>>, realm = 'weft'): Provider {
  const config = { kind: 'basic', name: 'people', hidesCredentials: true, realm } as const;
  return createBasicProvider(
    config,
    Object.entries(users).map(([name, hash]) => consumerWith({ name: name, passwordHash: hash })),
  );
}

const encode = (text: string): string => `Basic ${Buffer.from(text).toString('base64')}`;

async function identify(provider: Provider, ...values: readonly string[]): Promise<Identity | undefined> {
  return provider.identify(identityRequest({ headers: values.map((value) => ['authorization', value] as const) }));
}

async function refusal(provider: Provider, ...values: readonly string[]): Promise<GatewayError> {
  try {
    await identify(provider, ...values);
  } catch (error) {
    assert.ok(error instanceof GatewayError);
    return error;
  }
  return assert.fail('it was let in');
}

describe('HTTP Basic (RFC 7617)', () => {
  const users = { acme: argon2id('open:sésame'), beta: scrypt('hunter2'), gamma: undefined };
  const provider = providerOf(users);

  test('the right password of either algorithm says who asks; a password may hold colons and any letters', async () => {
    assert.deepEqual(await identify(provider, encode('acme:open:sésame')), {
      provider: 'people',
      subject: 'acme',
      consumerKeys: ['user:acme'],
      scopes: [],
      roles: [],
      claims: { sub: 'acme' },
    });
    assert.equal((await identify(provider, encode('beta:hunter2')))?.subject, 'beta');
  });

  test('an accent is the same however it was typed', async () => {
    assert.ok(await identify(provider, encode(`acme:${'open:sésame'.normalize('NFD')}`)));
  });

  test('credentials that were verified are known at once, as the same frozen object', async () => {
    const first = await identify(provider, encode('beta:hunter2'));
    const again = provider.identify(identityRequest({ headers: [['authorization', encode('beta:hunter2')]] }));
    assert.ok(first !== undefined && Object.isFrozen(first));
    assert.equal(again, first);
  });

  test('requests that come while a password is verified share the verification', async () => {
    const fresh = providerOf(users);
    const request = identityRequest({ headers: [['authorization', encode('beta:hunter2')]] });
    const first = fresh.identify(request);
    assert.ok(first instanceof Promise);
    assert.equal(fresh.identify(request), first);
    await first;
  });

  test('a wrong password, an unknown user and a consumer without a password are refused alike, again and again', async () => {
    const messages = new Set<string>();
    for (const text of [
      'acme:wrong',
      'nobody:hunter2',
      'gamma:',
      'gamma:undefined',
      ':',
      'ACME:open:sésame',
      'acme:',
    ]) {
      for (let attempt = 0; attempt < 2; attempt += 1) {
        const { code, message } = await refusal(provider, encode(text));
        assert.equal(code, 'CREDENTIALS_INVALID', text);
        messages.add(message);
      }
    }
    assert.equal(messages.size, 1);
  });

  test('a wrong password that is repeated is refused at once, without being verified anew', async () => {
    const request = identityRequest({ headers: [['authorization', encode('acme:wrong again')]] });
    await assert.rejects(async () => provider.identify(request), { code: 'CREDENTIALS_INVALID' });
    assert.throws(() => provider.identify(request), { code: 'CREDENTIALS_INVALID' });
  });

  test('an unknown user costs what a known one costs', async () => {
    // 16 MiB through scrypt: some 40 ms of CPU, a hundred times what all the rest takes.
    const costly = `$scrypt$ln=14,r=8,p=1$${unpadded(salt)}$${unpadded(Buffer.alloc(32))}`;
    const fresh = providerOf({ acme: costly });
    const start = process.cpuUsage();
    assert.equal((await refusal(fresh, encode('nobody:hunter2'))).code, 'CREDENTIALS_INVALID');
    assert.ok(process.cpuUsage(start).user > 8000);
  });

  test('other schemes and no header at all are not for this provider', async () => {
    assert.equal(await identify(provider), undefined);
    assert.equal(await identify(provider, 'Bearer YWNtZTp4'), undefined);
    assert.equal(await identify(provider, 'Basically YWNtZTp4'), undefined);
    assert.ok(await identify(provider, encode('beta:hunter2').replace('Basic', 'bAsIc')));
  });

  const malformed: Readonly<Record<string, string>> = {
    'nothing after the scheme': 'Basic',
    'what is not base64': 'Basic acme:open',
    'padding in the middle': 'Basic YQ==YQ==',
    'a length that base64 does not have': 'Basic YWNtZ',
    'no colon': encode('acme'),
    'a control character': encode('acme:a\nb'),
    'a zero byte': encode('acme\0:b'),
    'bytes that are not UTF-8': `Basic ${Buffer.from('acme:\xe9', 'latin1').toString('base64')}`,
    'more than anyone types': encode(`acme:${'x'.repeat(2048)}`),
  };
  for (const [what, value] of Object.entries(malformed)) {
    test(`${what} is malformed`, async () => {
      const { code, message } = await refusal(provider, value);
      assert.equal(code, 'CREDENTIALS_MALFORMED');
      assert.doesNotMatch(message, /acme|YWN/);
    });
  }

  test('two headers that differ are a conflict', async () => {
    const { code } = await refusal(provider, encode('beta:hunter2'), encode('acme:open:sésame'));
    assert.equal(code, 'CREDENTIALS_CONFLICT' satisfies ErrorCode);
    assert.ok(await identify(provider, encode('beta:hunter2'), encode('beta:hunter2')));
  });

  test('verifications that pile up are refused as unavailable, and pass again later', async () => {
    const fresh = providerOf(users);
    const attempts = Array.from({ length: 40 }, async (_, index) => refusal(fresh, encode(`acme:wrong${index}`)));
    const codes = (await Promise.all(attempts)).map(({ code }) => code);
    assert.equal(codes.filter((code) => code === 'CREDENTIALS_INVALID').length, 32);
    assert.equal(codes.filter((code) => code === 'IDENTITY_UNAVAILABLE').length, 8);
    assert.ok(await identify(fresh, encode('beta:hunter2')));
  });

  test('the challenge names realm and charset, whatever the realm holds', () => {
    assert.equal(providerOf({}, 'a "b" \\').challenge, 'Basic realm="a \\"b\\" \\\\", charset="UTF-8"');
  });

  test('without users everybody is refused', async () => {
    assert.equal((await refusal(providerOf({}), encode('acme:x'))).code, 'CREDENTIALS_INVALID');
  });
});

describe('password hashes', () => {
  test('the vector of the Argon2 reference implementation', async () => {
    const text = '$argon2id$v=19$m=65536,t=2,p=1$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc';
    assert.equal(await verifyPassword('password', readPasswordHash(text, 'a test')), true);
    assert.equal(await verifyPassword('passwore', readPasswordHash(text, 'a test')), false);
  });

  test('the vector of RFC 7914, 12', async () => {
    const hash = Buffer.from(
      '7023bdcb3afd7348461c06cd81fd38ebfda8fbba904f8e3ea9b543f6545da1f2' +
        'd5432955613f0fcf62d49705242a9af9e61e85dc0d651e40dfcf017b45575887',
      'hex',
    );
    const text = `$scrypt$ln=14,r=8,p=1$${unpadded(Buffer.from('SodiumChloride'))}$${unpadded(hash)}`;
    assert.equal(await verifyPassword('pleaseletmein', readPasswordHash(text, 'a test')), true);
  });

  test('what is made is read back, and two hashes of one password differ', async () => {
    const [first, second] = await Promise.all([hashPassword('hunter2'), hashPassword('hunter2')]);
    assert.match(first, /^\$argon2id\$v=19\$m=65536,t=3,p=1\$[\w+/]{22}\$[\w+/]{43}$/);
    assert.notEqual(first, second);
    assert.equal(await verifyPassword('hunter2', readPasswordHash(first, 'a test')), true);
  });

  const good = argon2id('planted');
  const bad: Readonly<Record<string, readonly [text: string, problem: RegExp]>> = {
    'a plain password': ['planted', /expected a PHC string/],
    bcrypt: ['$2b$10$plantedplantedplantedplanted', /expected a PHC string/],
    argon2i: [good.replace('argon2id', 'argon2i'), /expected a PHC string/],
    'an old version': [good.replace('v=19', 'v=16'), /expected argon2id of version 19, but got: 16/],
    'no version': [good.replace('v=19$', ''), /expected argon2id of version 19, but got: none/],
    'a parameter missing': [good.replace(',t=1', ''), /expected "t" from 1 to 64, but got: none/],
    'more memory than a gateway has': [good.replace('m=8', 'm=99999999'), /expected "m" from 1 to 1048576/],
    'less memory than lanes need': [good.replace('p=1', 'p=2'), /expected "m" of 8 times "p" or more/],
    'a hash that is too short': [good.replace(/\$[^$]*$/, '$YWJj'), /expected a PHC string/],
    'a scrypt that needs too much': [
      '$scrypt$ln=30,r=8,p=1$YWJjYWJjYWJj$YWJjYWJjYWJjYWJjYWJjYWJj',
      /expected scrypt of 1 GiB/,
    ],
  };
  for (const [what, [text, problem]] of Object.entries(bad)) {
    test(`${what} is refused at the start, and not shown`, () => {
      assert.throws(
        () => providerOf({ acme: text }),
        (error: GatewayError) => {
          assert.equal(error.code, 'CONFIGURATION_INVALID');
          assert.match(error.message, problem);
          assert.match(error.message, /consumer "acme"/);
          assert.doesNotMatch(error.message, /planted|\$/);
          return true;
        },
      );
    });
  }
});
