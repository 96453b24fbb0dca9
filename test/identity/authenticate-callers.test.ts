import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { GatewayError, type ErrorCode } from '../../src/errors.ts';
import { createCallers, type Parties } from '../../src/identity/consumers.ts';
import type { Caller } from '../../src/identity/caller.ts';
import type { Identity } from '../../src/identity/types.ts';
import { consumerWith, identityWith, tierWith } from '../support/identity-inputs.ts';
import { listenToNotices } from '../support/notices.ts';

const gold = tierWith({ name: 'gold', scopes: ['fast'], roles: ['vip'], audience: 'partners' });
const silver = tierWith({ name: 'silver', audience: 'public' });
const acme = consumerWith({
  name: 'acme',
  tier: 'gold',
  scopes: ['orders'],
  roles: ['partner'],
  subjects: ['alice'],
  clients: ['shop-web'],
  certificates: ['CN=acme'],
});
const inner = consumerWith({ name: 'inner', subjects: ['ivan'], tier: 'silver', audience: 'staff' });
const parties: Parties = { consumers: [acme, inner], tiers: [gold, silver] };

function callerOf(given: Partial<Identity>): Caller {
  return createCallers(parties)(identityWith(given));
}

function failsWith(code: ErrorCode, message: string): (error: unknown) => boolean {
  return (error) => {
    assert.ok(error instanceof GatewayError);
    assert.deepEqual([error.code, error.message], [code, message]);
    return true;
  };
}

describe('the consumer', () => {
  const expected: readonly [keys: readonly string[], consumer: string | undefined][] = [
    [['subject:alice'], 'acme'],
    [['subject:x', 'client:shop-web'], 'acme'],
    [['subject:ivan', 'client:shop-web'], 'inner'],
    [['certificate:CN=x', 'certificate:CN=acme'], 'acme'],
    [['user:inner'], 'inner'],
    [['key-owner:acme'], 'acme'],
    [['subject:acme', 'client:alice', 'certificate:shop-web'], undefined],
    [['subject:Alice'], undefined],
    [[], undefined],
  ];
  for (const [keys, consumer] of expected) {
    test(`of ${keys.join(' and ') || 'no keys'} is ${consumer ?? 'nobody'}`, () => {
      assert.equal(callerOf({ consumerKeys: keys }).consumer, consumer);
    });
  }

  test('is not needed by a token of a client without a subject', () => {
    const { id } = callerOf({ subject: undefined, issuer: 'https://a', consumerKeys: ['client:batch job'] });
    assert.equal(id, 'client:https%3A//a:batch%20job');
  });

  test('that is of one provider has nothing of another one', () => {
    const partner = consumerWith({ name: 'partner', provider: 'theirs', subjects: ['alice'], clients: ['web'] });
    const callers = createCallers({ consumers: [acme, partner], tiers: [gold] });
    const consumerOf = (provider: string, key: string): string | undefined =>
      callers(identityWith({ provider, consumerKeys: [key] })).consumer;
    assert.equal(consumerOf('theirs', 'subject:alice'), 'partner');
    assert.equal(consumerOf('ours', 'subject:alice'), 'acme');
    assert.equal(consumerOf('theirs', 'client:web'), 'partner');
    assert.equal(consumerOf('ours', 'client:web'), undefined);
  });

  test('that an API key or a user belongs to must be there', () => {
    for (const key of ['key-owner:gone', 'user:gone']) {
      assert.throws(
        () => callerOf({ consumerKeys: [key] }),
        failsWith('CREDENTIALS_UNKNOWN', 'The credentials belong to nobody who is known here.'),
      );
    }
  });

  test('is one alone: two that lay claim to one subject are refused at the start', () => {
    const twin = consumerWith({ name: 'twin', subjects: ['alice'] });
    assert.throws(
      () => createCallers({ consumers: [acme, twin], tiers: [] }),
      failsWith('CONFIGURATION_INVALID', 'Expected one consumer for "subject:alice", but got: acme and twin'),
    );
  });
});

describe('tier, scopes, roles and audience', () => {
  test('are what credentials, consumer and tier give together', () => {
    const caller = callerOf({ consumerKeys: ['subject:alice'], scopes: ['read', 'orders'], roles: ['admin'] });
    assert.deepEqual(
      {
        tier: caller.tier,
        scopes: [...caller.scopes],
        roles: [...caller.roles],
        audience: caller.audience,
      },
      { tier: 'gold', scopes: ['read', 'orders', 'fast'], roles: ['admin', 'partner', 'vip'], audience: 'partners' },
    );
  });

  test('the credentials’ own tier goes before the consumer’s, the consumer’s audience before the tier’s', () => {
    const caller = callerOf({ consumerKeys: ['subject:ivan'], tier: 'gold' });
    assert.deepEqual([caller.tier, caller.audience], ['gold', 'staff']);
  });

  test('a tier that is not configured is none, not the consumer’s either, and is told once', (t) => {
    const notices = listenToNotices(t);
    const toCaller = createCallers(parties);
    for (let count = 0; count < 3; count++) {
      const caller = toCaller(identityWith({ consumerKeys: ['subject:alice'], tier: 'platinum' }));
      assert.deepEqual([caller.tier, [...caller.scopes]], [undefined, ['orders']]);
    }
    assert.deepEqual(notices.all, [
      {
        level: 'warn',
        message:
          'Expected a tier of the configuration, but provider jwt got another one, of 8 characters; its callers have no tier',
      },
    ]);
  });

  test('tiers that tokens make up cannot fill the memory or the log', (t) => {
    const notices = listenToNotices(t);
    const toCaller = createCallers(parties);
    for (let count = 0; count < 300; count++) toCaller(identityWith({ tier: `tier-${count}` }));
    assert.equal(notices.all.length, 100);
  });
});

describe('the id', () => {
  test('is the consumer’s name, else issuer or provider and subject, else the key’s id', () => {
    assert.equal(callerOf({ consumerKeys: ['subject:alice'], keyId: 'k' }).id, 'consumer:acme');
    assert.equal(callerOf({ issuer: 'https://id:8443/' }).id, 'subject:https%3A//id%3A8443/:alice');
    assert.equal(callerOf({ subject: 'bob', keyId: 'k' }).id, 'subject:jwt:bob');
    assert.equal(callerOf({ subject: undefined, keyId: 'k' }).id, 'key:k');
  });

  test('is never that of another party, whatever names hold', () => {
    const ids = [
      callerOf({ issuer: 'a:b', subject: 'c' }).id,
      callerOf({ issuer: 'a', subject: 'b:c' }).id,
      callerOf({ issuer: 'a%3Ab', subject: 'c' }).id,
      callerOf({ issuer: 'a', subject: 'b%3Ac' }).id,
      callerOf({ issuer: 'a', subject: 'b\nc' }).id,
      callerOf({ issuer: 'a', subject: 'b%0Ac' }).id,
      callerOf({ issuer: 'a', subject: '\u2028' }).id,
      callerOf({ issuer: 'a', subject: ' 28' }).id,
    ];
    assert.equal(new Set(ids).size, ids.length);
    assert.equal(callerOf({ subject: 'a\r\nb' }).id, 'subject:jwt:a%0D%0Ab');
  });

  test('is never missing: credentials that name nobody are refused', () => {
    assert.throws(
      () => callerOf({ subject: undefined }),
      failsWith('CREDENTIALS_INVALID', 'The credentials do not say whose they are.'),
    );
  });
});
