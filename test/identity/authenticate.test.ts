import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { GatewayError, type ErrorCode } from '../../src/errors.ts';
import { createAuthenticator, type Authenticator, type AuthenticatorOptions } from '../../src/identity/authenticate.ts';
import { anonymous, type Caller } from '../../src/identity/caller.ts';
import type { Identity, Provider, Revocations } from '../../src/identity/types.ts';
import { identityRequest } from '../support/identity-request.ts';
import { consumerWith, identityWith, requestWith, tableProvider } from '../support/identity-inputs.ts';

function authenticatorOf(providers: readonly Provider[], given: Partial<AuthenticatorOptions> = {}): Authenticator {
  return createAuthenticator({ providers, consumers: [], tiers: [], ...given });
}

/** The caller, at once. */
function callerFor(authenticator: Authenticator, headers: Readonly<Record<string, string>>): Caller {
  const caller = authenticator.authenticate(requestWith(headers));
  assert.ok(!(caller instanceof Promise), 'Expected a caller at once, but got: a promise');
  return caller;
}

/** The code that the request is refused with, thrown or rejected; else the caller's id. */
async function outcomeOf(authenticator: Authenticator, headers: Readonly<Record<string, string>>): Promise<string> {
  try {
    const { id } = await authenticator.authenticate(requestWith(headers));
    return id ?? 'anonymous';
  } catch (error) {
    assert.ok(error instanceof GatewayError);
    return error.code;
  }
}

const alice = identityWith({ subject: 'alice' });
const keyHeader = [{ from: 'header', name: 'x-api-key' }] as const;
const cookie = [{ from: 'cookie', name: 'session' }] as const;
const both = [{ from: 'authorization', scheme: 'Bearer' }, ...keyHeader] as const;

describe('who asks', () => {
  test('a request without credentials is anonymous', () => {
    assert.equal(callerFor(authenticatorOf([]), { authorization: 'Bearer a' }), anonymous);
    assert.equal(callerFor(authenticatorOf([tableProvider({ a: alice })]), {}), anonymous);
  });

  test('the same identity gives the same frozen caller, at once where the provider answers at once', () => {
    const authenticator = authenticatorOf([tableProvider({ a: alice })]);
    const caller = callerFor(authenticator, { authorization: 'Bearer a' });
    assert.equal(caller.id, 'subject:jwt:alice');
    assert.equal(callerFor(authenticator, { authorization: 'Bearer a' }), caller);
    assert.ok(Object.isFrozen(caller));
  });

  test('two identities of one subject are two callers', () => {
    const authenticator = authenticatorOf([
      tableProvider({ a: identityWith({ scopes: ['read'] }), b: identityWith({ scopes: ['write'] }) }),
    ]);
    const one = callerFor(authenticator, { authorization: 'Bearer a' });
    const other = callerFor(authenticator, { authorization: 'Bearer b' });
    assert.deepEqual([[...one.scopes], [...other.scopes]], [['read'], ['write']]);
  });

  test('a provider that takes its time is waited for, and those after it still count', async () => {
    const bob = identityWith({ subject: 'bob' });
    const slow = tableProvider({ a: alice }, { isSlow: true });
    const authenticator = authenticatorOf([slow, tableProvider({ c: bob }, { sources: cookie })]);
    assert.equal(await outcomeOf(authenticator, { authorization: 'Bearer a' }), 'subject:jwt:alice');
    assert.equal(await outcomeOf(authenticator, { cookie: 'session=c' }), 'subject:jwt:bob');
    assert.equal(
      await outcomeOf(authenticator, { authorization: 'Bearer a', cookie: 'session=c' }),
      'CREDENTIALS_CONFLICT',
    );
  });

  test('an error that no provider meant to raise is not taken for missing credentials', () => {
    const broken: Provider = {
      ...tableProvider({}),
      identify: () => {
        throw new TypeError('broken');
      },
    };
    const authenticator = authenticatorOf([broken, tableProvider({ k: alice }, { sources: keyHeader })]);
    assert.throws(() => authenticator.authenticate(requestWith({ 'x-api-key': 'k' })), TypeError);
  });
});

for (const isSlow of [false, true]) {
  describe(`a token that is another provider's (${isSlow ? 'promises' : 'at once'})`, () => {
    const bob = identityWith({ provider: 'other', subject: 'bob' });
    const first = tableProvider({ a: alice, form: 'CREDENTIALS_MALFORMED', old: 'CREDENTIALS_EXPIRED' }, { isSlow });
    const second = tableProvider({ b: bob, form: bob, late: 'CREDENTIALS_EXPIRED' }, { name: 'other', isSlow });
    const keys = tableProvider({ k: alice }, { name: 'keys', sources: keyHeader, isSlow });
    const authenticator = authenticatorOf([first, second, keys]);
    const expected: readonly [promise: string, headers: Readonly<Record<string, string>>, outcome: string][] = [
      ['of another issuer goes to the next provider', { authorization: 'Bearer b' }, 'subject:other:bob'],
      ['of another form goes to the next provider', { authorization: 'Bearer form' }, 'subject:other:bob'],
      ['that is expired does not', { authorization: 'Bearer old' }, 'CREDENTIALS_EXPIRED'],
      ['that the next one refuses is refused by its code', { authorization: 'Bearer late' }, 'CREDENTIALS_EXPIRED'],
      ['that nobody knows is refused', { authorization: 'Bearer x' }, 'CREDENTIALS_WRONG_ISSUER'],
      [
        'that nobody knows is refused, whatever other credentials are good',
        { authorization: 'Bearer x', 'x-api-key': 'k' },
        'CREDENTIALS_WRONG_ISSUER',
      ],
    ];
    for (const [promise, headers, outcome] of expected) {
      test(promise, async () => {
        assert.equal(await outcomeOf(authenticator, headers), outcome);
      });
    }
  });
}

describe('one credential is one party’s', () => {
  test('what a provider took is not shown to others that look in the same place', () => {
    const second = tableProvider({ a: identityWith({ subject: 'mallory' }) }, { name: 'other' });
    const authenticator = authenticatorOf([tableProvider({ a: alice }), second]);
    assert.equal(callerFor(authenticator, { authorization: 'Bearer a' }).subject, 'alice');
    assert.deepEqual(second.asked, []);
  });

  test('nor to those that look in several, where nothing else stands', () => {
    const sources = [{ from: 'authorization', scheme: 'Bearer' }, ...cookie] as const;
    const second = tableProvider({}, { name: 'other', sources });
    const authenticator = authenticatorOf([tableProvider({ a: alice }, { sources }), second]);
    assert.equal(callerFor(authenticator, { authorization: 'Bearer a' }).subject, 'alice');
    assert.equal(callerFor(authenticator, { authorization: 'Bearer a', cookie: 'session=a' }).subject, 'alice');
    assert.deepEqual(second.asked, []);
  });

  test('a token in one place is refused although a provider took what stands in another', async () => {
    const elsewhere: Provider = {
      ...tableProvider({}, { name: 'keys', sources: both }),
      identify: ({ headers }) => (headers['x-api-key'] === 'k' ? alice : undefined),
    };
    const headers = { authorization: 'Bearer x', 'x-api-key': 'k' };
    assert.equal(await outcomeOf(authenticatorOf([tableProvider({}), elsewhere]), headers), 'CREDENTIALS_WRONG_ISSUER');
    assert.equal(await outcomeOf(authenticatorOf([elsewhere, tableProvider({})]), headers), 'CREDENTIALS_WRONG_ISSUER');
  });

  test('a second credential in a place that only the later provider reads is read', async () => {
    const picky: Provider = {
      ...tableProvider({}, { name: 'keys', sources: both }),
      identify: ({ headers }) => {
        if (headers['x-api-key'] === undefined) return undefined;
        throw new GatewayError('CREDENTIALS_MALFORMED', 'no key');
      },
    };
    const headers = { authorization: 'Bearer a', 'x-api-key': 'bad' };
    for (const providers of [
      [tableProvider({ a: alice }), picky],
      [picky, tableProvider({ a: alice })],
    ]) {
      assert.equal(await outcomeOf(authenticatorOf(providers), headers), 'CREDENTIALS_MALFORMED');
      assert.equal(await outcomeOf(authenticatorOf(providers), { authorization: 'Bearer a' }), 'subject:jwt:alice');
    }
  });

  test('a token that every provider passes over is refused, where one of them reads such', async () => {
    const picky: Provider = { ...tableProvider({}, { sources: both }), identify: () => undefined };
    const headers = { authorization: 'Bearer x' };
    assert.equal(await outcomeOf(authenticatorOf([picky]), headers), 'CREDENTIALS_MALFORMED');
    const keys = tableProvider({}, { sources: keyHeader });
    assert.equal(await outcomeOf(authenticatorOf([keys]), headers), 'anonymous');
  });

  test('a Basic password is no token that a provider of tokens could have taken', async () => {
    const token = tableProvider({ c: alice }, { sources: [{ from: 'authorization', scheme: 'Bearer' }, ...cookie] });
    const basic: Provider = {
      ...tableProvider({}, { name: 'basic', challenge: 'Basic realm="weft"' }),
      identify: ({ headers }) => {
        if (headers.authorization?.startsWith('Basic ') === true) throw new GatewayError('CREDENTIALS_MALFORMED', 'no');
        return undefined;
      },
    };
    const headers = { authorization: 'Basic !', cookie: 'session=c' };
    for (const providers of [
      [token, basic],
      [basic, token],
    ]) {
      assert.equal(await outcomeOf(authenticatorOf(providers), headers), 'CREDENTIALS_MALFORMED');
    }
  });
});

test('a Basic password in a second authorization field is read, although a token was taken from the first', () => {
  const basic: Provider = {
    ...tableProvider({}, { name: 'basic', challenge: 'Basic realm="weft"' }),
    identify: () => {
      throw new GatewayError('CREDENTIALS_INVALID', 'wrong password');
    },
  };
  const authenticator = authenticatorOf([tableProvider({ a: alice }), basic]);
  const twice = identityRequest({
    headers: [
      ['authorization', 'Bearer a'],
      ['authorization', 'Basic YTpi'],
    ],
  });
  assert.throws(() => authenticator.authenticate(twice), { code: 'CREDENTIALS_INVALID' });
});

describe('two credentials in one request', () => {
  const acme = consumerWith({ name: 'acme', clients: ['acme-app'], certificates: ['CN=acme'] });
  const other = consumerWith({ name: 'other', subjects: ['olga'], clients: ['other-app'] });
  const subject = (sub: string, client?: string): readonly string[] =>
    client === undefined ? [`subject:${sub}`] : [`subject:${sub}`, `client:${client}`];
  const token = (sub: string, given: Partial<Identity> = {}): Identity =>
    identityWith({ subject: sub, issuer: 'https://id', consumerKeys: subject(sub), ...given });
  const key = (owner: string): Identity =>
    identityWith({ provider: 'keys', subject: owner, keyId: owner, consumerKeys: [`key-owner:${owner}`] });
  const certificate = (name: string): Identity =>
    identityWith({ provider: 'mtls', subject: name, consumerKeys: [`certificate:${name}`] });

  const pairs: readonly [promise: string, one: Identity, other: Identity, outcome: string][] = [
    [
      'the same subject of one issuer is one party',
      token('a'),
      token('a', { provider: 'x' }),
      'subject:https%3A//id:a',
    ],
    ['two subjects are not', token('a'), token('b', { provider: 'x' }), 'conflict'],
    ['one subject of two issuers is not', token('a'), token('a', { issuer: 'https://x' }), 'conflict'],
    [
      'one subject of two providers without an issuer is not',
      certificate('a'),
      token('a', { issuer: undefined }),
      'conflict',
    ],
    [
      'two subjects whose tokens one consumer’s client got are not',
      token('a', { consumerKeys: subject('a', 'acme-app') }),
      token('b', { consumerKeys: subject('b', 'acme-app'), provider: 'x' }),
      'conflict',
    ],
    [
      'one subject by the clients of two consumers is not',
      token('a', { consumerKeys: subject('a', 'acme-app') }),
      token('a', { consumerKeys: subject('a', 'other-app') }),
      'conflict',
    ],
    ['a key and a certificate of one consumer are one party', key('acme'), certificate('CN=acme'), 'consumer:acme'],
    ['a key of one consumer and a token of another are not', key('acme'), token('olga'), 'conflict'],
    [
      'a key and a token that its consumer’s client got are one party',
      key('acme'),
      token('a', { consumerKeys: subject('a', 'acme-app') }),
      'consumer:acme',
    ],
    ['an application may ask for a user: the key comes first', key('acme'), token('a'), 'consumer:acme'],
    ['an application may ask for a user: the token comes first', token('a'), key('acme'), 'subject:https%3A//id:a'],
    ['a known certificate may come with a user’s token', certificate('CN=acme'), token('a'), 'consumer:acme'],
    ['a token that no consumer could be known by counts as a user’s', key('acme'), identityWith(), 'consumer:acme'],
    ['a certificate that is nobody’s may not', certificate('CN=x'), token('a'), 'conflict'],
    ['nor where the token comes first', token('a'), certificate('CN=x'), 'conflict'],
    ['a certificate that is nobody’s may not come with a key', certificate('CN=x'), key('acme'), 'conflict'],
    [
      'a certificate that is nobody’s may not come with a consumer’s token',
      certificate('CN=x'),
      token('olga'),
      'conflict',
    ],
    [
      'identities that name nothing in common do not agree',
      identityWith({ subject: undefined, keyId: '1' }),
      identityWith({ subject: undefined, keyId: '2' }),
      'conflict',
    ],
  ];
  for (const [promise, one, two, outcome] of pairs) {
    test(promise, async () => {
      const providers = [tableProvider({ one }), tableProvider({ two }, { name: 'second', sources: keyHeader })];
      const authenticator = authenticatorOf(providers, { consumers: [acme, other] });
      const came = await outcomeOf(authenticator, { authorization: 'Bearer one', 'x-api-key': 'two' });
      assert.equal(came, outcome === 'conflict' ? 'CREDENTIALS_CONFLICT' : outcome);
    });
  }

  test('an application may not go with two users at once', async () => {
    const providers = [
      tableProvider({ k: key('acme') }, { sources: keyHeader }),
      tableProvider({ a: token('a') }),
      tableProvider({ b: token('b') }, { sources: cookie }),
    ];
    const authenticator = authenticatorOf(providers, { consumers: [acme] });
    const headers = { 'x-api-key': 'k', authorization: 'Bearer a' };
    assert.equal(await outcomeOf(authenticator, headers), 'consumer:acme');
    assert.equal(await outcomeOf(authenticator, { ...headers, cookie: 'session=b' }), 'CREDENTIALS_CONFLICT');
  });

  test('only the first says what the caller may do', () => {
    const providers = [
      tableProvider({ k: key('acme') }, { sources: keyHeader }),
      tableProvider({ a: token('a', { scopes: ['admin'], claims: { sub: 'a' } }) }),
    ];
    const caller = callerFor(authenticatorOf(providers, { consumers: [acme] }), {
      'x-api-key': 'k',
      authorization: 'Bearer a',
    });
    assert.deepEqual([[...caller.scopes], caller.claims, caller.subject], [[], {}, 'acme']);
  });

  test('the second must be good too', async () => {
    const codes: readonly ErrorCode[] = ['CREDENTIALS_EXPIRED', 'CREDENTIALS_UNKNOWN', 'IDENTITY_UNAVAILABLE'];
    for (const code of codes) {
      const providers = [tableProvider({ a: alice }), tableProvider({ k: code }, { sources: keyHeader })];
      const headers = { authorization: 'Bearer a', 'x-api-key': 'k' };
      assert.equal(await outcomeOf(authenticatorOf(providers), headers), code);
    }
  });
});

describe('revocations', () => {
  function revoking(revoked: ReadonlySet<Identity>): Revocations & { readonly checked: readonly Identity[] } {
    const checked: Identity[] = [];
    return {
      checked,
      check: (identity) => {
        checked.push(identity);
        if (revoked.has(identity)) throw new GatewayError('CREDENTIALS_REVOKED', 'The token was revoked.');
      },
      close: () => Promise.resolve(),
    };
  }

  test('count with every request, although the caller is known', async () => {
    const revoked = new Set<Identity>();
    const revocations = revoking(revoked);
    const authenticator = authenticatorOf([tableProvider({ a: alice })], { revocations });
    assert.equal(await outcomeOf(authenticator, { authorization: 'Bearer a' }), 'subject:jwt:alice');
    revoked.add(alice);
    assert.equal(await outcomeOf(authenticator, { authorization: 'Bearer a' }), 'CREDENTIALS_REVOKED');
    assert.equal(revocations.checked.length, 2);
  });

  test('count for the second credential too', async () => {
    const again = identityWith({ subject: 'alice', tokenId: '2' });
    const providers = [tableProvider({ a: alice }), tableProvider({ k: again }, { sources: keyHeader })];
    const authenticator = authenticatorOf(providers, { revocations: revoking(new Set([again])) });
    const headers = { authorization: 'Bearer a', 'x-api-key': 'k' };
    assert.equal(await outcomeOf(authenticator, headers), 'CREDENTIALS_REVOKED');
  });
});

describe('the authenticator', () => {
  test('names the places of credentials that upstreams must not see, each once', () => {
    const providers = [
      tableProvider({}, { sources: [...keyHeader, { from: 'query', name: 'key' }], hidesCredentials: true }),
      tableProvider({}, { sources: [...keyHeader, ...cookie], hidesCredentials: true }),
      tableProvider({}, { sources: [{ from: 'authorization', scheme: 'Bearer' }] }),
    ];
    assert.deepEqual(authenticatorOf(providers).places(), {
      headers: ['x-api-key'],
      cookies: ['session'],
      queryParameters: ['key'],
    });
    assert.equal(authenticatorOf([tableProvider({})]).places(), undefined);
  });

  test('closes its providers and its revocation list', async () => {
    const closed: string[] = [];
    const closing = (name: string) => ({
      close: () => {
        closed.push(name);
        return Promise.resolve();
      },
    });
    const providers = ['one', 'two'].map((name) => ({ ...tableProvider({}), ...closing(name) }));
    await authenticatorOf(providers, { revocations: { check: () => {}, ...closing('list') } }).close();
    assert.deepEqual(closed, ['one', 'two', 'list']);
  });
});
