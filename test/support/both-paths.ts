import assert from 'node:assert/strict';
import { test, type TestContext } from 'node:test';
import type { ErrorCode } from '../../src/errors.ts';
import {
  send,
  startGuarded,
  wayNames,
  ways,
  type Answer,
  type GuardedGateway,
  type SetUp,
  type WayAsked,
} from './guarded-gateway.ts';

/** A table of what gateways answer: each row is asked by GraphQL and by REST, and all answers must be the same. */

/** The values of `www-authenticate` that belong to an error's message. */
export type Challenges = (message: string) => readonly string[];

export interface Refused {
  readonly status: number;
  readonly code: ErrorCode;
  readonly challenges: Challenges;
}

export interface Row extends WayAsked {
  /** A promise in plain words. */
  readonly name: string;
  /** What comes of it. Default: it is let in. */
  readonly refused?: Refused;
  /** Headers that the upstream gets by this name, or does not get (undefined). */
  readonly sees?: Readonly<Record<string, string | undefined>>;
  /** What the upstream must find nowhere. */
  readonly hides?: string;
  /** What is left of `parameters` at the upstream. Default: nothing. */
  readonly passes?: string;
  /** Headers of the answer. */
  readonly answers?: Readonly<Record<string, string | undefined>>;
}

export interface Group {
  readonly name: string;
  readonly setUp: SetUp | ((t: TestContext) => Promise<SetUp>);
  readonly rows: readonly Row[] | ((t: TestContext) => Promise<readonly Row[]>);
}

export const noChallenge: Challenges = () => [];

const bearer = 'Bearer realm="weft"';
export const bareChallenge: Challenges = () => [bearer];
export const otherChallenge: Challenges = () => ['ApiKey realm="weft"'];
export const basicChallenge: Challenges = () => ['Basic realm="weft", charset="UTF-8"'];

/** RFC 6750, 3: what is wrong with a token. */
export function toldChallenge(error: string, scope?: string): Challenges {
  const needed = scope === undefined ? '' : `, scope="${scope}"`;
  return (message) => [`${bearer}, error="${error}", error_description="${message.replaceAll('"', "'")}"${needed}`];
}

/** A refusal of credentials of a gateway that knows Bearer tokens. */
export function badToken(code: ErrorCode): Refused {
  return { status: 401, code, challenges: toldChallenge('invalid_token') };
}

export const missing: Refused = { status: 401, code: 'CREDENTIALS_MISSING', challenges: bareChallenge };

export const unavailable: Refused = { status: 503, code: 'IDENTITY_UNAVAILABLE', challenges: noChallenge };

/** Runs a group: one gateway, and a test for each of its rows. */
export function testGroup({ name, setUp, rows }: Group): void {
  test(name, async (t) => {
    const gateway = await startGuarded(t, typeof setUp === 'function' ? await setUp(t) : setUp);
    for (const row of typeof rows === 'function' ? await rows(t) : rows) {
      await t.test(`${row.name}: ${row.refused ? row.refused.code : 'let in'}`, async () => checkRow(gateway, row));
    }
  });
}

async function checkRow(gateway: GuardedGateway, row: Row): Promise<void> {
  for (const name of wayNames) {
    gateway.takeCalls();
    const answer = await ways[name](gateway.url, row);
    checkAnswer(answer, row, name);
    const { people, scores } = gateway.takeCalls();
    assert.deepEqual(scores, [], name);
    assert.equal(people.length, row.refused ? 0 : 1, `${name}: calls of the upstream`);
    const [call] = people;
    if (!call) continue;
    const parameters = name === 'GET /api' && row.passes !== undefined ? `?${row.passes}` : '';
    assert.equal(call.path, `/people/1${parameters}`, name);
    for (const [header, value] of Object.entries(row.sees ?? {})) {
      assert.equal(call.headers[header], value, `${name}: "${header}" at the upstream`);
    }
    if (row.hides !== undefined) assert.equal(call.rawHeaders.join('\n').includes(row.hides), false, name);
  }
  if (row.refused) await checkUnread(gateway, row);
}

function checkAnswer(answer: Answer, { refused, answers = {}, headers = {}, parameters }: Row, way: string): void {
  const { status, code, challenges, message = '', text } = answer;
  const expected = refused && [refused.status, refused.code, refused.challenges(message)];
  assert.deepEqual([status, code, challenges], expected ?? [200, undefined, []], `${way}: ${text}`);
  // Security headers stand in every answer.
  const always = { 'x-content-type-options': 'nosniff', 'referrer-policy': 'no-referrer', ...answers };
  for (const [name, value] of Object.entries(always)) {
    assert.equal(answer.headers[name], value, `${way}: "${name}" of the answer`);
  }
  assert.match(answer.headers['x-request-id'] as string, /./, way);
  if (!refused) return;
  for (const secret of [headers['authorization'], headers['x-api-key'], headers['x-token'], parameters].flat()) {
    if (secret !== undefined && secret.length > 12) assert.equal(text.includes(secret), false, way);
  }
}

const hugeBody = { 'content-length': String(100 * 1024 * 1024) };

/** A refusal comes before the body: neither what it says nor whether it ever comes changes anything. */
async function checkUnread(gateway: GuardedGateway, row: Row): Promise<void> {
  const { certificate, headers = {}, parameters = '' } = row;
  const query = parameters && `?${parameters}`;
  const asks = async (path: string, given: Readonly<Record<string, string>>, withholdsEnd: boolean): Promise<void> => {
    const options = { method: 'POST', headers: { ...given, ...headers }, certificate, withholdsEnd };
    checkAnswer(await send(gateway.url + path + query, { ...options, body: '{ nonsense' }), row, `POST ${path}`);
  };
  await asks('/graphql', { 'content-type': 'application/json' }, false);
  await asks('/graphql', { 'content-type': 'text/plain' }, false);
  await asks('/graphql', { 'content-type': 'application/json', ...hugeBody }, true);
  await asks('/api/people', { 'content-type': 'application/json', ...hugeBody }, true);
  const { people, scores } = gateway.takeCalls();
  assert.deepEqual([people.length, scores.length], [0, 0]);
}
