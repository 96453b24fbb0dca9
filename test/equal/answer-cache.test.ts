import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { GraphQLError } from 'graphql';
import type { Guards } from '../../src/composition/guards/guards.ts';
import { GatewayError } from '../../src/errors.ts';
import { createPeople, type People } from '../support/cache-people.ts';
import { createCacheRig, type CacheRig, type CacheRigOptions, type RigAnswer } from '../support/cache-rig.ts';
import { until } from '../support/until.ts';

const user = { User: { maxAge: 60 } };
const ada = '{ user(id: "1") { id name } }';

type Given = Partial<CacheRigOptions> & { readonly rules?: CacheRigOptions['upstreams'][number]['headers'] };

async function rigOf({ rules, ...options }: Given = {}): Promise<CacheRig & { readonly people: People }> {
  const people = createPeople();
  const rig = await createCacheRig({ upstreams: [people.upstream(rules)], hints: user, ...options });
  return Object.assign(rig, { people });
}

function dataOf({ result }: RigAnswer): string {
  return JSON.stringify(result.data);
}

function codesOf({ result }: RigAnswer): readonly unknown[] {
  return (result.errors ?? []).map((error) => codeOf(error));
}

function codeOf(error: unknown): unknown {
  if (error instanceof GatewayError) return error.code;
  return error instanceof GraphQLError ? codeOf(error.originalError) : undefined;
}

for (const runs of ['compiled', 'stitched'] as const) {
  describe(`kept answers, ${runs}`, () => {
    test('an answer with a hint is not asked for twice', async () => {
      await using rig = await rigOf({ runs });
      const first = await rig.ask(ada);
      const second = await rig.ask(ada);
      assert.equal(rig.calls(), 1);
      assert.equal(first.result.kept?.outcome, 'miss');
      assert.equal(second.result.kept?.outcome, 'hit');
      assert.deepEqual(second.result.data, { user: { id: '1', name: 'Ada' } });
      assert.equal(
        Buffer.from(second.result.kept?.body ?? []).toString(),
        JSON.stringify({ data: second.result.data }),
      );
      assert.equal(first.result.kept?.etag(), second.result.kept?.etag());
    });

    test('without a hint nothing is kept', async () => {
      await using rig = await rigOf({ runs, hints: {} });
      assert.equal((await rig.ask(ada)).result.kept, undefined);
      await rig.ask(ada);
      assert.equal(rig.calls(), 2);
    });

    test('the hint of a type whose objects cannot be told apart counts', async () => {
      await using rig = await rigOf({ runs, hints: { Level: { maxAge: 60 } } });
      await rig.ask('{ deep { leaf } }');
      assert.equal((await rig.ask('{ deep { leaf } }')).result.kept?.outcome, 'hit');
    });

    test('it is asked for again once its time is over', async () => {
      await using rig = await rigOf({ runs });
      await rig.ask(ada);
      rig.pass(59_000);
      assert.equal((await rig.ask(ada)).result.kept?.headers['age'], '59');
      rig.pass(2_000);
      await rig.ask(ada);
      assert.equal(rig.calls(), 2);
    });

    test('white space, comments, unused operations and the order of fragments make no other answer', async () => {
      await using rig = await rigOf({ runs });
      await rig.ask('query A { user(id: "1") { ...F ...G } } fragment F on User { id } fragment G on User { name }');
      await rig.ask(
        `query Other { users { id } } fragment G on User { name } # hello
         query A { user(id:"1"){ ...F,...G } }
         fragment F on User { id }`.replace('query Other { users { id } } ', ''),
      );
      assert.equal(rig.calls(), 1);
      await rig.ask(
        'query B { user(id: "1") { id } } query A { user(id: "1") { ...F ...G } } fragment F on User { id } fragment G on User { name }',
        { operationName: 'A' },
      );
      assert.equal(rig.calls(), 1);
    });

    test('other aliases, fields and arguments are other answers', async () => {
      await using rig = await rigOf({ runs });
      for (const selection of ['id name', 'name id', 'id: name', 'id n: name']) {
        await rig.ask(`{ user(id: "1") { ${selection} } }`);
      }
      await rig.ask('{ user(id: "2") { id name } }');
      assert.equal(rig.calls(), 5);
    });

    test('variables that are not declared make no entries, and defaults are filled in', async () => {
      await using rig = await rigOf({ runs, hints: { 'Query.greeting': { maxAge: 60 } } });
      const query = 'query ($name: String = "you", $times: Int) { greeting(name: $name, times: $times) }';
      await rig.ask(query, { variables: { times: 1 } });
      await rig.ask(query, { variables: { times: 1, name: 'you' } });
      await rig.ask(query, { variables: { name: 'you', times: 1, buster: 17 } });
      assert.equal(rig.calls(), 1);
      await rig.ask(query, { variables: { name: 'me', times: 1 } });
      assert.equal(rig.calls(), 2);
    });

    test('an answer of one supergraph is none of another', async () => {
      await using first = await rigOf({ runs, supergraphHash: 'one' });
      await using second = await rigOf({ runs, supergraphHash: 'two', store: first.store });
      await using third = await rigOf({ runs, supergraphHash: 'one', store: first.store });
      await first.ask(ada);
      await second.ask(ada);
      await third.ask(ada);
      assert.deepEqual([first.calls(), second.calls(), third.calls()], [1, 1, 0]);
    });

    test('a list of forty levels is looked at level by level', async () => {
      await using rig = await rigOf({ runs, hints: { 'Query.deep': { maxAge: 60 }, 'Level.list': { maxAge: 60 } } });
      const query = `{ deep { ${'list { '.repeat(40)} leaf ${'}'.repeat(40)} } }`;
      assert.equal((await rig.ask(query)).result.kept?.outcome, 'miss');
      assert.equal((await rig.ask(query)).result.kept?.outcome, 'hit');
    });

    test('a mutation makes answers with the entities of its result invalid before its own answer goes out', async () => {
      await using rig = await rigOf({ runs });
      await rig.ask(ada);
      await rig.ask('{ user(id: "2") { id name } }');
      await rig.ask('mutation { rename(id: "1", name: "Eve") { name: id } }');
      assert.equal(dataOf(await rig.ask(ada)), '{"user":{"id":"1","name":"Eve"}}');
      assert.equal((await rig.ask('{ user(id: "2") { id name } }')).result.kept?.outcome, 'hit');
    });

    test('a mutation that failed halfway makes invalid what it may have changed', async () => {
      await using rig = await rigOf({ runs });
      await rig.ask(ada);
      const failed = await rig.ask('mutation { renameAndFail(id: "1", name: "Eve") { id } }');
      assert.equal(failed.result.errors?.length, 1);
      assert.equal(dataOf(await rig.ask(ada)), '{"user":{"id":"1","name":"Eve"}}');
    });

    test('mutations leave answers alone where they are told to', async () => {
      await using rig = await rigOf({ runs, config: { invalidatesByMutations: false } });
      await rig.ask(ada);
      await rig.ask('mutation { rename(id: "1", name: "Eve") { id } }');
      assert.equal(dataOf(await rig.ask(ada)), '{"user":{"id":"1","name":"Ada"}}');
    });

    test('an answer with errors is not kept; beside data it is where partial answers are', async () => {
      const broken = '{ user(id: "1") { id broken } }';
      await using strict = await rigOf({ runs });
      assert.equal((await strict.ask(broken)).result.kept, undefined);
      await strict.ask(broken);
      assert.equal(strict.calls(), 2);
      await using lax = await rigOf({ runs, config: { partial: true } });
      const [first, second] = [await lax.ask(broken), await lax.ask(broken)];
      assert.equal(lax.calls(), 1);
      assert.equal(dataOf(second), '{"user":{"id":"1","broken":null}}');
      assert.deepEqual(codesOf(second), ['UPSTREAM_ERROR']);
      assert.deepEqual(codesOf(second), codesOf(first));
      assert.deepEqual(second.result.errors?.[0]?.path, ['user', 'broken']);
    });

    test('a plan that is asked for is shown beside a kept answer', async () => {
      await using rig = await rigOf({ runs });
      await rig.ask(ada);
      const { result } = await rig.ask(ada, { headers: { 'weft-query-plan': 'true' } });
      assert.equal(rig.calls(), 1);
      assert.equal(dataOf({ result, headers: [] }), '{"user":{"id":"1","name":"Ada"}}');
      assert.equal(typeof result.extensions?.['queryPlan'], runs === 'compiled' ? 'string' : 'undefined');
      assert.equal((await rig.ask(ada)).result.extensions, undefined);
    });
  });

  describe(`whose answer it is, ${runs}`, () => {
    const isPrivate = { User: { maxAge: 60 }, 'User.email': { scope: 'PRIVATE' } } as const;
    const fromUser = { 'x-user': { from: 'caller', fact: 'id' } } as const;

    test("a private field under an alias is nobody else's", async () => {
      // Without a header rule the upstream cannot tell callers apart, but the hint says that its answers do.
      await using rig = await rigOf({ runs, hints: isPrivate });
      const query = '{ user(id: "1") { id name: email } }';
      await rig.ask(query, { caller: { id: 'alice' } });
      assert.equal((await rig.ask(query, { caller: { id: 'bob' } })).result.kept?.outcome, 'miss');
      const again = await rig.ask(query, { caller: { id: 'alice' } });
      assert.equal(again.result.kept?.outcome, 'hit');
      assert.match(String(again.result.kept.headers['cache-control']), /^private/);
    });

    test('a stranger has no private answers', async () => {
      await using rig = await rigOf({ runs, hints: isPrivate });
      const query = '{ user(id: "1") { ... on Named { ... on User { email } } } }';
      assert.equal((await rig.ask(query)).result.kept, undefined);
      await rig.ask(query);
      assert.equal(rig.calls(), 2);
    });

    test('two tokens of one caller with other rights have answers of their own', async () => {
      await using rig = await rigOf({ runs, hints: isPrivate });
      const query = '{ user(id: "1") { email } }';
      const rights = [
        { scopes: new Set(['a', 'b']) },
        { scopes: new Set(['a']) },
        { roles: new Set(['a']) },
        { tier: 'gold' },
      ];
      for (const each of rights) await rig.ask(query, { caller: { id: 'alice', ...each } });
      assert.equal(rig.calls(), 4);
      await rig.ask(query, { caller: { id: 'alice', scopes: new Set(['b', 'a']) } });
      assert.equal(rig.calls(), 4);
    });

    test('what goes upstream of a caller makes answers their own, without any hint', async () => {
      const rules = { ...fromUser, 'x-language': { from: 'client', header: 'accept-language' } } as const;
      await using rig = await rigOf({ runs, rules, hints: { 'Query.language': { maxAge: 60 }, ...user } });
      const ask = (headers: Record<string, string>, id?: string): Promise<RigAnswer> =>
        rig.ask('{ me { id } language }', { headers, ...(id !== undefined && { caller: { id } }) });
      const seen = [
        await ask({ 'accept-language': 'de' }, 'alice'),
        await ask({ 'accept-language': 'fr' }, 'alice'),
        await ask({ 'accept-language': 'de' }, 'bob'),
        await ask({ 'accept-language': 'de' }),
      ];
      assert.deepEqual(seen.map(dataOf), [
        '{"me":{"id":"me-alice"},"language":"de"}',
        '{"me":{"id":"me-alice"},"language":"fr"}',
        '{"me":{"id":"me-bob"},"language":"de"}',
        '{"me":{"id":"me-undefined"},"language":"de"}',
      ]);
      const again = await ask({ 'accept-language': 'de', 'x-request-id': '17', accept: '*/*' }, 'bob');
      assert.equal(again.result.kept?.outcome, 'hit');
      assert.equal(again.result.kept.headers['vary'], 'authorization, accept-language');
      assert.equal(dataOf(again), '{"me":{"id":"me-bob"},"language":"de"}');
    });

    test("other caches are told that an answer is the caller's own, and by what it differs", async () => {
      await using rig = await rigOf({ runs });
      const { result: known } = await rig.ask(ada, { caller: { id: 'alice' } });
      const { result: unknown } = await rig.ask(ada);
      assert.equal(rig.calls(), 1);
      assert.equal(known.kept?.headers['cache-control'], 'private, max-age=60');
      assert.equal(unknown.kept?.headers['cache-control'], 'public, max-age=60');
      assert.equal(unknown.kept.headers['vary'], 'authorization');
    });

    test('what is masked for one caller is not for another', async () => {
      const guards: Guards = {
        requirements: [{ authenticated: true, scopes: [['read']], policies: [] }],
        types: new Map(),
        fields: new Map([['User.friends', [0]]]),
      };
      await using rig = await rigOf({
        runs,
        authorization: { guards, mode: 'mask', deny: (_, { caller }) => (caller.scopes.has('read') ? [] : [0]) },
      });
      // A list of nobody has no place for the error of a denied field: all that differs is the answer.
      const query = '{ user(id: "1") { id friends { id } } }';
      const may = await rig.ask(query, { caller: { id: 'alice', scopes: new Set(['read']) } });
      const mayNot = await rig.ask(query, { caller: { id: 'bob' } });
      assert.equal(dataOf(may), '{"user":{"id":"1","friends":[{"id":"1"},{"id":"2"}]}}');
      assert.equal(mayNot.result.kept, undefined);
      assert.deepEqual(codesOf(mayNot), ['UNAUTHORIZED_FIELD_OR_TYPE']);
    });
  });

  describe(`what upstreams say, ${runs}`, () => {
    const kept = async (headers: Record<string, string>, given: Given = {}): Promise<boolean> => {
      await using rig = await rigOf({ runs, ...given });
      rig.upstream.headers = headers;
      await rig.ask(ada, { caller: { id: 'alice' } });
      return (await rig.ask(ada, { caller: { id: 'alice' } })).result.kept?.outcome === 'hit';
    };

    test('an answer is not kept where they forbid it', async () => {
      for (const value of ['no-store', 'private', 'no-cache', 'max-age=0', 'max-age=x', 's-maxage=0, max-age=9']) {
        assert.equal(await kept({ 'cache-control': value }), false, value);
      }
      assert.equal(await kept({ vary: '*' }), false);
      assert.equal(await kept({ 'cache-control': 'max-age=10', age: '10' }), false);
    });

    test('it is where they allow it, or where nobody listens', async () => {
      for (const value of ['max-age=5', 'public', 's-maxage=5, max-age=0']) {
        assert.equal(await kept({ 'cache-control': value }), true, value);
      }
      assert.equal(await kept({ 'cache-control': 'no-store' }, { config: { obeysUpstreams: false } }), true);
      const hints = { User: { maxAge: 60, scope: 'PRIVATE' } } as const;
      assert.equal(await kept({ 'cache-control': 'private, max-age=9' }, { hints }), true);
    });

    test('an answer that sets a cookie is never kept', async () => {
      assert.equal(await kept({ 'set-cookie': 'a=b' }, { config: { obeysUpstreams: false } }), false);
    });

    test('the shorter time holds', async () => {
      await using rig = await rigOf({ runs });
      rig.upstream.headers = { 'cache-control': 'max-age=30', age: '10' };
      assert.equal((await rig.ask(ada)).result.kept?.headers['cache-control'], 'public, max-age=20');
      rig.pass(21_000);
      await rig.ask(ada);
      assert.equal(rig.calls(), 2);
    });

    test('headers that rules bring back come with a kept answer too', async () => {
      await using rig = await rigOf({
        runs,
        responseHeaderRules: { 'x-from': 'append', 'cache-control': 'most-restrictive' },
      });
      rig.upstream.headers = { 'x-from': 'people', 'cache-control': 'max-age=30', 'x-other': 'no' };
      const first = await rig.ask(ada);
      const second = await rig.ask(ada);
      assert.equal(rig.calls(), 1);
      assert.deepEqual(second.headers, [
        ['x-from', 'people'],
        ['cache-control', 'max-age=30'],
      ]);
      assert.deepEqual(first.headers, second.headers);
    });
  });

  describe(`runs that are shared, ${runs}`, () => {
    /** Holds back the upstream's answers until it is told. */
    function held(rig: CacheRig): () => void {
      const { promise, resolve } = Promise.withResolvers<void>();
      rig.upstream.before = () => promise;
      return () => {
        rig.upstream.before = () => {};
        resolve();
      };
    }

    test('a hundred misses of one answer run once', async () => {
      await using rig = await rigOf({ runs });
      const release = held(rig);
      const asked = Array.from({ length: 100 }, () => rig.ask(ada));
      await until(() => rig.calls() === 1);
      release();
      const answers = await Promise.all(asked);
      assert.equal(rig.calls(), 1);
      assert.ok(answers.every((answer) => dataOf(answer) === '{"user":{"id":"1","name":"Ada"}}'));
    });

    test('who leaves ends it for nobody else; it ends when all have left', async () => {
      await using rig = await rigOf({ runs });
      const release = held(rig);
      const [first, second] = [new AbortController(), new AbortController()];
      const left = rig.ask(ada, { signal: first.signal });
      const stays = rig.ask(ada, { signal: second.signal });
      await until(() => rig.calls() === 1);
      first.abort();
      release();
      assert.equal(dataOf(await stays), '{"user":{"id":"1","name":"Ada"}}');
      await left;
      assert.equal(rig.calls(), 1);
      const again = held(rig);
      const [third, fourth] = [new AbortController(), new AbortController()];
      const query = '{ user(id: "2") { id } }';
      const leaving = [rig.ask(query, { signal: third.signal }), rig.ask(query, { signal: fourth.signal })];
      await until(() => rig.calls() === 2);
      third.abort();
      fourth.abort();
      const [answer] = await Promise.all(leaving);
      assert.deepEqual(answer && codesOf(answer), ['CLIENT_CLOSED_REQUEST']);
      again();
      assert.equal(dataOf(await rig.ask(query)), '{"user":{"id":"2"}}');
    });

    test('what only the first may have, the others ask for themselves, and later ones at once', async () => {
      await using rig = await rigOf({ runs });
      rig.upstream.headers = { 'set-cookie': 'session=1' };
      const release = held(rig);
      const asked = Array.from({ length: 3 }, () => rig.ask(ada));
      await until(() => rig.calls() === 1);
      release();
      await Promise.all(asked);
      assert.equal(rig.calls(), 3);
      const next = held(rig);
      const later = Array.from({ length: 2 }, () => rig.ask(ada));
      await until(() => rig.calls() === 5);
      next();
      await Promise.all(later);
      rig.upstream.headers = {};
      rig.pass(11_000);
      await rig.ask(ada);
      assert.equal((await rig.ask(ada)).result.kept?.outcome, 'hit');
    });

    test("a read that began before a write is nobody's who comes after it", async () => {
      await using rig = await rigOf({ runs });
      const { promise: reading, resolve: read } = Promise.withResolvers<void>();
      const { promise: going, resolve: go } = Promise.withResolvers<void>();
      // The upstream has read the old name, and answers late.
      rig.upstream.before = async (call) => {
        if (call.body.includes('mutation')) return undefined;
        rig.upstream.before = () => {};
        read();
        const name = rig.people.names.get('1');
        await going;
        return { json: { data: { user: { __typename: 'User', id: '1', name } } } };
      };
      const early = rig.ask(ada);
      await reading;
      await rig.ask('mutation { rename(id: "1", name: "Eve") { id } }');
      const late = rig.ask(ada);
      go();
      assert.equal(dataOf(await early), '{"user":{"id":"1","name":"Ada"}}');
      assert.equal(dataOf(await late), '{"user":{"id":"1","name":"Eve"}}');
      assert.equal(dataOf(await rig.ask(ada)), '{"user":{"id":"1","name":"Eve"}}');
    });
  });

  describe(`stale answers, ${runs}`, () => {
    test('one is answered at once while a new one is made, once', async () => {
      await using rig = await rigOf({ runs, config: { staleWhileRevalidateMs: 30_000 } });
      await rig.ask(ada);
      rig.people.names.set('1', 'Eve');
      rig.pass(70_000);
      const leaves = new AbortController();
      const stale = await Promise.all([rig.ask(ada, { signal: leaves.signal }), rig.ask(ada), rig.ask(ada)]);
      leaves.abort();
      assert.deepEqual(
        stale.map(dataOf),
        Array.from({ length: 3 }, () => '{"user":{"id":"1","name":"Ada"}}'),
      );
      assert.ok(stale.every(({ result }) => result.kept?.outcome === 'stale' && result.extensions === undefined));
      await until(() => rig.store.counts().entries === 1 && rig.calls() === 2);
      await until(async () => (await rig.ask(ada)).result.kept?.outcome === 'hit');
      assert.equal(dataOf(await rig.ask(ada)), '{"user":{"id":"1","name":"Eve"}}');
      assert.equal(rig.calls(), 2);
    });

    test('where an upstream is out, what was kept is answered, and says so', async () => {
      await using rig = await rigOf({ runs, config: { staleIfErrorMs: 600_000 } });
      await rig.ask(ada);
      rig.pass(100_000);
      rig.upstream.before = () => Promise.resolve({ status: 503 });
      const { result } = await rig.ask(ada);
      assert.deepEqual(result.data, { user: { id: '1', name: 'Ada' } });
      assert.equal(result.errors, undefined);
      assert.deepEqual(result.extensions, { cache: { stale: true, age: 100 } });
      assert.equal(result.kept?.outcome, 'stale');
      rig.pass(600_000);
      assert.deepEqual(codesOf(await rig.ask(ada)), ['UPSTREAM_FAILED']);
    });

    test('what was kept before a write is not answered after it', async () => {
      await using rig = await rigOf({ runs, config: { staleIfErrorMs: 600_000 } });
      await rig.ask(ada);
      rig.pass(100_000);
      const { promise: going, resolve: go } = Promise.withResolvers<void>();
      rig.upstream.before = async ({ body }) => {
        if (body.includes('mutation')) return undefined;
        await going;
        return { status: 503 };
      };
      const asked = rig.ask(ada);
      await until(() => rig.calls() === 2);
      await rig.ask('mutation { rename(id: "1", name: "Eve") { id } }');
      go();
      assert.deepEqual(codesOf(await asked), ['UPSTREAM_FAILED']);
    });

    test('an error of the operation itself is told, not hidden behind what was kept', async () => {
      await using rig = await rigOf({ runs, config: { staleIfErrorMs: 600_000 } });
      await rig.ask(ada);
      rig.pass(100_000);
      rig.upstream.before = () => Promise.resolve({ json: { data: { user: null }, errors: [{ message: 'no' }] } });
      assert.deepEqual(codesOf(await rig.ask(ada)), ['UPSTREAM_ERROR']);
    });
  });
}
