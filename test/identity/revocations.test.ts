import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, beforeEach, describe, test, type TestContext } from 'node:test';
import type { RevocationConfig } from '../../src/config/identity-types.ts';
import type { ErrorCode } from '../../src/errors.ts';
import { createRevocations, revoke } from '../../src/identity/revocations/revocations.ts';
import type { Identity, Revocations } from '../../src/identity/types.ts';
import { closeRedis, connectRedis, waitForRedis, type Redis } from '../../src/redis/connect.ts';
import { refusingUrl } from '../support/fake-upstream.ts';
import { listenToNotices } from '../support/notices.ts';
import { startRedis, type RedisServer } from '../support/redis.ts';
import { until } from '../support/until.ts';

const alice: Identity = {
  provider: 'tokens',
  subject: 'alice',
  keyId: 'key-1',
  tokenId: 'token-1',
  consumerKeys: [],
  scopes: [],
  roles: [],
  claims: {},
};
const bob: Identity = { ...alice, subject: 'bob', keyId: 'key-2', tokenId: 'token-2' };

const tomorrow = Date.now() + 86_400_000;
const yesterday = Date.now() - 86_400_000;

/** The code with which somebody is refused; undefined where nobody is. */
function refusal(revocations: Revocations, identity: Identity): ErrorCode | undefined {
  try {
    revocations.check(identity);
    return undefined;
  } catch (error) {
    return (error as { readonly code: ErrorCode }).code;
  }
}

let server: RedisServer;
let redis: Redis;

before(async () => {
  server = await startRedis();
  redis = connectRedis({ url: server.url });
  await waitForRedis(redis, 5000);
});

after(async () => {
  await closeRedis(redis);
  await server.close();
});

beforeEach(async () => {
  await redis.flushall();
});

async function temporaryFile(t: TestContext, text: string): Promise<string> {
  const dir = await mkdtemp(join(tmpdir(), 'weft-revocations-'));
  t.after(async () => rm(dir, { recursive: true, force: true }));
  const file = join(dir, 'revoked.json');
  await writeFile(file, text);
  return file;
}

const places: Readonly<Record<string, (t: TestContext) => Promise<RevocationConfig['store']>>> = {
  'a file': async (t) => ({ in: 'file', file: await temporaryFile(t, '{}') }),
  Redis: async () => ({ in: 'redis' }),
};

for (const [place, make] of Object.entries(places)) {
  describe(`revocations in ${place}`, () => {
    async function open(t: TestContext): Promise<{ store: RevocationConfig['store']; revocations: Revocations }> {
      const store = await make(t);
      const revocations = await createRevocations({ store, refreshMs: 10, maxStaleMs: 60_000 }, { redis });
      t.after(revocations.close);
      return { store, revocations };
    }

    for (const [kind, id] of [
      ['jti', 'token-1'],
      ['subject', 'alice'],
      ['key', 'key-1'],
    ] as const) {
      test(`a revoked ${kind} is refused from the next look on, and nothing else is`, async (t) => {
        const { store, revocations } = await open(t);
        assert.equal(refusal(revocations, alice), undefined);
        await revoke(store, { redis }, { kind, id, until: Infinity });
        await until(() => refusal(revocations, alice) !== undefined);
        assert.equal(refusal(revocations, alice), 'CREDENTIALS_REVOKED');
        assert.equal(refusal(revocations, bob), undefined);
        // The same text as a name of another kind is another name.
        const other = { ...bob, tokenId: 'alice', keyId: 'token-1', subject: 'key-1' };
        assert.equal(refusal(revocations, other), undefined);
      });
    }

    test('a list that is there at the start is known at once', async (t) => {
      const store = await make(t);
      await revoke(store, { redis }, { kind: 'subject', id: 'alice', until: tomorrow });
      const revocations = await createRevocations({ store, refreshMs: 60_000, maxStaleMs: 60_000 }, { redis });
      t.after(revocations.close);
      assert.equal(refusal(revocations, alice), 'CREDENTIALS_REVOKED');
    });

    test('a revocation ends when what it names has expired, and is then taken off the list', async (t) => {
      const store = await make(t);
      await revoke(store, { redis }, { kind: 'subject', id: 'bob', until: tomorrow });
      await revoke(store, { redis }, { kind: 'subject', id: 'alice', until: yesterday });
      const revocations = await createRevocations({ store, refreshMs: 60_000, maxStaleMs: 60_000 }, { redis });
      t.after(revocations.close);
      assert.deepEqual([refusal(revocations, alice), refusal(revocations, bob)], [undefined, 'CREDENTIALS_REVOKED']);
      const kept = async (): Promise<string> =>
        store.in === 'file' ? readFile(store.file, 'utf8') : JSON.stringify(await redis.hgetall('weft:revocations'));
      assert.match(await kept(), /alice/);
      await revoke(store, { redis }, { kind: 'jti', id: 'token-9', until: Infinity });
      assert.match(await kept(), /bob/);
      assert.doesNotMatch(await kept(), /alice/);
    });

    test('one that had ended may be made anew', async (t) => {
      const store = await make(t);
      await revoke(store, { redis }, { kind: 'subject', id: 'alice', until: yesterday });
      const revocations = await createRevocations({ store, refreshMs: 10, maxStaleMs: 60_000 }, { redis });
      t.after(revocations.close);
      assert.equal(refusal(revocations, alice), undefined);
      await revoke(store, { redis }, { kind: 'subject', id: 'alice', until: tomorrow });
      await until(() => refusal(revocations, alice) === 'CREDENTIALS_REVOKED');
    });

    test('a name may hold anything', async (t) => {
      const { store, revocations } = await open(t);
      const subject = 'jti:a"b\n__proto__:ü';
      await revoke(store, { redis }, { kind: 'subject', id: subject, until: Infinity });
      await until(() => refusal(revocations, { ...alice, subject }) !== undefined);
      for (const name of ['__proto__', 'constructor', '']) {
        assert.equal(refusal(revocations, { ...alice, subject: name, tokenId: name, keyId: name }), undefined);
      }
      assert.equal(
        refusal(revocations, { ...alice, subject: undefined, tokenId: undefined, keyId: undefined }),
        undefined,
      );
    });
  });
}

describe('a revocation file', () => {
  test('that becomes bad or goes keeps what it said, then refuses everybody', async (t) => {
    const file = await temporaryFile(t, '{ "subject": ["alice"] }');
    const notices = listenToNotices(t);
    const open = async (maxStaleMs: number): Promise<Revocations> => {
      const made = await createRevocations(
        { store: { in: 'file', file }, refreshMs: 5, maxStaleMs },
        { redis: undefined },
      );
      t.after(made.close);
      return made;
    };
    const [patient, strict] = await Promise.all([open(60_000), open(50)]);
    await writeFile(file, '{ "subject": [');
    await notices.seen(/revoked\.json: line 1: expected JSON/);
    await until(() => refusal(strict, bob) === 'IDENTITY_UNAVAILABLE');
    assert.equal(refusal(patient, alice), 'CREDENTIALS_REVOKED');
    assert.equal(refusal(patient, bob), undefined);
    await writeFile(file, '{ "subject": [] }');
    await until(() => refusal(strict, alice) === undefined && refusal(patient, alice) === undefined);
    await rm(file);
    await until(() => refusal(strict, bob) === 'IDENTITY_UNAVAILABLE');
    await notices.seen(/there is no such file/);
  });

  const bad: Readonly<Record<string, readonly [text: string, problem: RegExp]>> = {
    'an unknown kind': [
      '{ "sub": ["alice"] }',
      /the file: expected no other members than jti, subject, key, but got: sub/,
    ],
    'a list that is none': ['{ "jti": "a" }', /jti: expected a list, but got: a value of type string/],
    'a number': ['{ "jti": [1] }', /jti\[0\]: expected an object/],
    'an entry without a name': [
      '{ "jti": [{ "until": "2026-01-01" }] }',
      /jti\[0\]\.id: expected a text, but got: nothing/,
    ],
    'a date that is none': [
      '{ "key": [{ "id": "a", "until": "soon" }] }',
      /key\[0\]\.until: expected a date .*, but got: soon/,
    ],
    'a time of no zone': [
      '{ "key": [{ "id": "a", "until": "2026-01-01T10:00:00" }] }',
      /key\[0\]\.until: expected a date/,
    ],
  };
  for (const [what, [text, problem]] of Object.entries(bad)) {
    test(`with ${what} is told at the start`, async (t) => {
      const store = { in: 'file', file: await temporaryFile(t, text) } as const;
      await assert.rejects(
        createRevocations({ store, refreshMs: 5, maxStaleMs: 5 }, { redis: undefined }),
        (error: Error) => {
          assert.match(error.message, problem);
          return 'code' in error && error.code === 'CONFIGURATION_INVALID';
        },
      );
    });
  }

  test('that is not there is told at the start: it is no empty list', async (t) => {
    const store = { in: 'file', file: `${await temporaryFile(t, '{}')}.gone` } as const;
    await assert.rejects(createRevocations({ store, refreshMs: 5, maxStaleMs: 5 }, { redis: undefined }), {
      code: 'CONFIGURATION_INVALID',
      message: `Revocations: ${store.file}: there is no such file`,
    });
  });
});

describe('revocations in a Redis', () => {
  const store = { in: 'redis' } as const;

  test('that goes keep holding, then refuse everybody, and are read anew when it is back', async (t) => {
    const own = await startRedis();
    t.after(own.close);
    const connection = connectRedis({ url: own.url });
    t.after(async () => closeRedis(connection));
    await waitForRedis(connection, 5000);
    await revoke(store, { redis: connection }, { kind: 'subject', id: 'alice', until: Infinity });
    const open = async (maxStaleMs: number): Promise<Revocations> => {
      const made = await createRevocations({ store, refreshMs: 10, maxStaleMs }, { redis: connection });
      t.after(made.close);
      return made;
    };
    const [patient, strict] = await Promise.all([open(60_000), open(100)]);
    assert.deepEqual([refusal(patient, alice), refusal(patient, bob)], ['CREDENTIALS_REVOKED', undefined]);
    await own.stop();
    await until(() => refusal(strict, bob) === 'IDENTITY_UNAVAILABLE');
    assert.deepEqual([refusal(patient, alice), refusal(patient, bob)], ['CREDENTIALS_REVOKED', undefined]);

    // The new server's counter comes to the number that the old one's had, for another list of the same length.
    await own.restart();
    await waitForRedis(connection, 5000);
    await revoke(store, { redis: connection }, { kind: 'subject', id: 'bob', until: Infinity });
    await until(
      () => refusal(strict, bob) === 'CREDENTIALS_REVOKED' && refusal(patient, bob) === 'CREDENTIALS_REVOKED',
    );
  });

  test('that never answered refuse everybody', async (t) => {
    const notices = listenToNotices(t);
    const { port } = new URL(await refusingUrl());
    const connection = connectRedis({ url: `redis://127.0.0.1:${port}` });
    t.after(async () => closeRedis(connection));
    const revocations = await createRevocations({ store, refreshMs: 10, maxStaleMs: 60_000 }, { redis: connection });
    t.after(revocations.close);
    assert.equal(refusal(revocations, alice), 'IDENTITY_UNAVAILABLE');
    await notices.seen(/^Revocations: cannot be read/);
  });

  test('are read by every gateway that shares it, thousands of them, also where nobody counted the change', async (t) => {
    const revocations = await createRevocations({ store, refreshMs: 10, maxStaleMs: 60_000 }, { redis });
    t.after(revocations.close);
    const fields = Object.fromEntries(Array.from({ length: 5000 }, (_, index) => [`jti:many-${index}`, '0']));
    await redis.hset('weft:revocations', fields);
    await until(() => refusal(revocations, { ...bob, tokenId: 'many-4999' }) !== undefined);
    for (let index = 0; index < 5000; index += 1) {
      assert.equal(refusal(revocations, { ...bob, tokenId: `many-${index}` }), 'CREDENTIALS_REVOKED');
    }
  });

  test('of another form are told, and what held before goes on holding', async (t) => {
    const notices = listenToNotices(t);
    await revoke(store, { redis }, { kind: 'subject', id: 'alice', until: Infinity });
    const revocations = await createRevocations({ store, refreshMs: 10, maxStaleMs: 60_000 }, { redis });
    t.after(revocations.close);
    await redis.hset('weft:revocations', 'email:bob', '0');
    await notices.seen(/^Revocations: cannot be read: weft:revocations: expected fields/);
    assert.deepEqual([refusal(revocations, alice), refusal(revocations, bob)], ['CREDENTIALS_REVOKED', undefined]);
  });

  test('need a Redis', async () => {
    await assert.rejects(createRevocations({ store, refreshMs: 5, maxStaleMs: 5 }, { redis: undefined }), {
      code: 'CONFIGURATION_INVALID',
    });
  });
});
