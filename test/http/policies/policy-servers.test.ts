import assert from 'node:assert/strict';
import { test, type TestContext } from 'node:test';
import { startFakeUpstream, type FakeAnswer, type FakeCall, type FakeUpstream } from '../../support/fake-upstream.ts';
import { startGuarded, wayNames, ways, type GuardedGateway } from '../../support/guarded-gateway.ts';
import { asCaller, bearer, claimsWith, es256, jwtFiles, jwtProvider } from '../../support/shop-tokens.ts';
import { engines, type Json } from '../../support/start-gateway.ts';

/** `@policy` and `access.policies`, answered by an HTTP authoriser. */

interface Question {
  readonly policies: readonly string[];
  readonly caller: { readonly subject: string; readonly claims: Json; readonly scopes: readonly string[] };
}

interface Authoriser extends FakeUpstream {
  setMood: (mood: 'good' | 'failing' | 'vague') => void;
  /** What it was asked since the last call of it. */
  readonly takeQuestions: () => readonly Question[];
}

/** Grants everything to alice, and nothing to others. */
async function startAuthoriser(t: TestContext): Promise<Authoriser> {
  let mood: 'good' | 'failing' | 'vague' = 'good';
  let seen = 0;
  const answer = ({ body }: FakeCall): FakeAnswer => {
    const { policies, caller } = JSON.parse(body) as Question;
    if (mood === 'failing')
      return { status: 500, json: { policies: Object.fromEntries(policies.map((name) => [name, true])) } };
    const granted = mood === 'vague' ? 'yes' : caller.subject === 'alice';
    return { json: { policies: Object.fromEntries(policies.map((name) => [name, granted])) } };
  };
  const server = await startFakeUpstream(answer);
  t.after(server.close);
  return {
    ...server,
    setMood: (next) => {
      mood = next;
    },
    takeQuestions: () => {
      const questions = server.requests.slice(seen).map(({ body }) => JSON.parse(body) as Question);
      seen = server.requests.length;
      return questions;
    },
  };
}

async function start(t: TestContext, url: string, changes: Json = {}): Promise<GuardedGateway> {
  const { door = {}, cache = '30s', ...gateway } = changes;
  return startGuarded(t, {
    gateway: {
      identity: { providers: [jwtProvider], anonymous: true },
      authorization: { policies: { url, cache, timeout: '500ms' } },
      ...gateway,
    },
    door: door as Json,
    files: jwtFiles,
  });
}

const alice = await asCaller({ org: { id: 'o-1' } });
const bob = await asCaller({ sub: 'bob' });
const notes = '{ best { karma notes } }';

for (const engine of engines) {
  test(`a field is read by whom the authoriser grants it, ${engine}`, async (t) => {
    const authoriser = await startAuthoriser(t);
    const gateway = await start(t, authoriser.url, { engine });
    for (const round of ['first', 'known']) {
      assert.deepEqual((await gateway.query(notes, {}, alice)).data, { best: { karma: 7, notes: 'tall' } }, round);
      gateway.takeCalls();
      for (const headers of [bob, {}]) {
        const { data, errors } = await gateway.query(notes, {}, headers);
        assert.deepEqual(data, { best: { karma: 7, notes: null } }, round);
        assert.deepEqual(
          errors.map(({ extensions }) => extensions['code']),
          ['UNAUTHORIZED_FIELD_OR_TYPE'],
          round,
        );
      }
      assert.deepEqual(gateway.takeCalls().people, [], round);
    }
    const questions = authoriser.takeQuestions();
    assert.deepEqual(
      questions.map(({ policies, caller }) => [policies, caller.subject]),
      [
        [['may-read-notes'], 'alice'],
        [['may-read-notes'], 'bob'],
      ],
      'each known caller is asked about once, and nobody never',
    );
    assert.deepEqual(questions[0]?.caller.claims['org'], { id: 'o-1' });
    const secret = alice.authorization.slice('Bearer '.length);
    for (const { rawHeaders, body } of authoriser.requests) {
      assert.equal(`${rawHeaders.join('\n')}${body}`.includes(secret), false, 'no credentials go there');
    }
    await gateway.query('{ best { karma } }', {}, alice);
    assert.deepEqual(authoriser.takeQuestions(), [], 'an operation without policies asks nobody');
  });

  test(`nothing of an operation runs while the authoriser gives no answer of use, ${engine}`, async (t) => {
    const authoriser = await startAuthoriser(t);
    const gateway = await start(t, authoriser.url, { engine, cache: '0s' });
    assert.deepEqual((await gateway.query(notes, {}, alice)).data, { best: { karma: 7, notes: 'tall' } });
    for (const mood of ['failing', 'vague'] as const) {
      authoriser.setMood(mood);
      gateway.takeCalls();
      const { status, data, errors, text } = await gateway.query(notes, {}, alice);
      assert.deepEqual([status, data, errors[0]?.extensions['code']], [503, null, 'IDENTITY_UNAVAILABLE'], mood);
      assert.equal(text.includes(authoriser.url), false, mood);
      assert.deepEqual(gateway.takeCalls(), { people: [], scores: [] }, mood);
    }
    authoriser.setMood('good');
    assert.deepEqual((await gateway.query(notes, {}, alice)).data, { best: { karma: 7, notes: 'tall' } });
    await authoriser.close();
    assert.equal((await gateway.query(notes, {}, alice)).status, 503);
  });
}

test('a door that asks for a policy is the same on both paths', async (t) => {
  const authoriser = await startAuthoriser(t);
  const door = { access: { policies: ['may-come-in'] } };
  const gateway = await start(t, authoriser.url, { door, cache: '0s' });
  for (const name of wayNames) {
    assert.equal((await ways[name](gateway.url, { headers: alice })).status, 200, name);
    const { status, code } = await ways[name](gateway.url, { headers: bob });
    assert.deepEqual([status, code], [403, 'ACCESS_DENIED'], name);
    assert.equal((await ways[name](gateway.url)).code, 'CREDENTIALS_MISSING', name);
  }
  assert.deepEqual(
    authoriser.takeQuestions().map(({ policies, caller }) => [policies, caller.subject]),
    wayNames.flatMap(() => [
      [['may-come-in'], 'alice'],
      [['may-come-in'], 'bob'],
    ]),
  );
  authoriser.setMood('failing');
  for (const name of wayNames) {
    const { status, code } = await ways[name](gateway.url, { headers: alice });
    assert.deepEqual([status, code], [503, 'IDENTITY_UNAVAILABLE'], name);
  }
});

test('what is decided of one token does not hold for another of the same subject', async (t) => {
  const authoriser = await startAuthoriser(t);
  const gateway = await start(t, authoriser.url);
  const other = bearer(await es256.sign(claimsWith({ jti: 'other', scope: 'less' })));
  await gateway.query(notes, {}, alice);
  await gateway.query(notes, {}, other);
  assert.deepEqual(
    authoriser.takeQuestions().map(({ caller }) => caller.scopes),
    [[], ['less']],
  );
});
