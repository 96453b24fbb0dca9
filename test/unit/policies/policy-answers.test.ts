import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { GatewayError } from '../../../src/errors.ts';
import { anonymous } from '../../../src/identity/caller.ts';
import {
  createPolicyAnswers,
  noPolicies,
  type PolicyAnswers,
  type PolicyAuthority,
  type PolicyDecision,
} from '../../../src/policies/policy-answers.ts';
import { callerWith } from '../../support/identity-inputs.ts';

const request = { requestId: '1' };

interface Asked {
  readonly names: readonly string[];
  readonly answer: (decisions: Readonly<Record<string, PolicyDecision>>) => void;
  readonly fail: (error: Error) => void;
}

/** An authority that the test answers for, and a clock that the test sets. */
function createScene(cacheMs: number) {
  const asked: Asked[] = [];
  const clock = { now: 1000 };
  const authority: PolicyAuthority = {
    ask: (names) => {
      const { promise, resolve, reject } = Promise.withResolvers<ReadonlyMap<string, PolicyDecision>>();
      asked.push({ names, answer: (decisions) => resolve(new Map(Object.entries(decisions))), fail: reject });
      return promise;
    },
    close: () => Promise.resolve(),
  };
  const answers = createPolicyAnswers(authority, { cacheMs, now: () => clock.now });
  return { asked, clock, answers };
}

/** Answers that come at once, by a record that the test may change. */
function answersOf(decisions: Record<string, PolicyDecision>, cacheMs = 100) {
  const asked: (readonly string[])[] = [];
  const clock = { now: 1000 };
  const authority: PolicyAuthority = {
    ask: (names) => {
      asked.push(names);
      return new Map(names.flatMap((name) => (decisions[name] ? [[name, decisions[name]] as const] : [])));
    },
    close: () => Promise.resolve(),
  };
  return { asked, clock, answers: createPolicyAnswers(authority, { cacheMs, now: () => clock.now }) };
}

function atOnce(granted: ReturnType<PolicyAnswers['decide']>): readonly string[] {
  assert.ok(!(granted instanceof Promise), 'Expected an answer at once, but got: a promise');
  return [...granted];
}

describe('a decision', () => {
  test('grants what was granted, and nothing else', () => {
    const { answers } = answersOf({ p: 'granted', q: 'denied', r: 'failed' });
    assert.deepEqual(atOnce(answers.decide(['p', 'q', 'r', 's'], callerWith(), request)), ['p']);
  });

  test('is never asked for about anonymous callers, who are granted nothing', () => {
    const { answers, asked } = answersOf({ p: 'granted' });
    assert.deepEqual(atOnce(answers.decide(['p'], anonymous, request)), []);
    assert.deepEqual(asked, []);
  });

  test('is never granted where no policies are configured', () => {
    assert.deepEqual(atOnce(noPolicies.decide(['p'], callerWith(), request)), []);
  });
});

describe('a kept decision', () => {
  test('is given at once until its time is over, and only the others are asked for', () => {
    const decisions: Record<string, PolicyDecision> = { p: 'granted', q: 'denied', s: 'granted' };
    const { answers, asked, clock } = answersOf(decisions);
    const caller = callerWith();
    assert.deepEqual(atOnce(answers.decide(['p', 'q'], caller, request)), ['p']);
    decisions['p'] = 'denied';
    clock.now = 1099;
    assert.deepEqual(atOnce(answers.decide(['p', 's'], caller, { requestId: '2' })), ['p', 's']);
    clock.now = 1100;
    assert.deepEqual(atOnce(answers.decide(['p', 's'], caller, request)), ['s']);
    assert.deepEqual(asked, [['p', 'q'], ['s'], ['p']]);
  });

  test('is this caller’s alone: another token of the same subject is asked about anew', () => {
    const { answers, asked } = answersOf({ p: 'granted' });
    void answers.decide(['p'], callerWith({ claims: { role: 'a' } }), request);
    void answers.decide(['p'], callerWith({ claims: { role: 'b' } }), request);
    assert.equal(asked.length, 2);
  });

  test('is good for the same address and operation name alone', () => {
    const { answers, asked } = answersOf({ p: 'granted' });
    const caller = callerWith();
    const places = [
      {},
      { address: '10.0.0.1' },
      { operationName: '10.0.0.1' },
      { address: '10.0.0.1', operationName: 'A' },
    ];
    for (const place of [...places, ...places]) void answers.decide(['p'], caller, { ...request, ...place });
    assert.equal(asked.length, places.length);
  });

  test('is let go for the oldest place when a client makes up operation names', () => {
    const { answers, asked } = answersOf({ p: 'granted' });
    const caller = callerWith();
    for (let count = 0; count < 33; count++) {
      void answers.decide(['p'], caller, { ...request, operationName: `Op${count}` });
    }
    void answers.decide(['p'], caller, { ...request, operationName: 'Op32' });
    assert.equal(asked.length, 33);
    void answers.decide(['p'], caller, { ...request, operationName: 'Op0' });
    assert.equal(asked.length, 34);
  });

  test('is none where nothing is to be kept', async () => {
    const decisions: Record<string, PolicyDecision> = { p: 'granted' };
    const { answers } = answersOf(decisions, 0);
    const caller = callerWith();
    assert.deepEqual(atOnce(answers.decide(['p'], caller, request)), ['p']);
    decisions['p'] = 'denied';
    assert.deepEqual(atOnce(answers.decide(['p'], caller, request)), []);
    const { answers: slow, asked } = createScene(0);
    const first = slow.decide(['p'], caller, request);
    asked[0]?.answer({ p: 'granted' });
    assert.deepEqual([...(await first)], ['p']);
    void slow.decide(['p'], caller, request);
    assert.equal(asked.length, 2);
  });

  test('is none where it failed', () => {
    const decisions: Record<string, PolicyDecision> = { p: 'failed' };
    const { answers } = answersOf(decisions);
    const caller = callerWith();
    assert.deepEqual(atOnce(answers.decide(['p'], caller, request)), []);
    decisions['p'] = 'granted';
    assert.deepEqual(atOnce(answers.decide(['p'], caller, request)), ['p']);
  });
});

describe('questions at once', () => {
  test('share what is asked already, and each gets its own policies', async () => {
    const { answers, asked } = createScene(100);
    const caller = callerWith();
    const first = answers.decide(['p', 'q'], caller, request);
    const second = answers.decide(['q', 's'], caller, request);
    const third = answers.decide(['p', 's'], caller, request);
    assert.deepEqual(
      asked.map(({ names }) => names),
      [['p', 'q'], ['s']],
    );
    asked[0]?.answer({ p: 'granted', q: 'granted', s: 'granted' });
    asked[1]?.answer({ s: 'denied' });
    assert.deepEqual([...(await first)].toSorted(), ['p', 'q']);
    assert.deepEqual([...(await second)], ['q']);
    assert.deepEqual([...(await third)], ['p']);
    assert.deepEqual(atOnce(answers.decide(['p', 'q', 's'], caller, request)), ['p', 'q']);
  });

  test('are shared also where nothing is kept', async () => {
    const { answers, asked } = createScene(0);
    const caller = callerWith();
    const both = [answers.decide(['p'], caller, request), answers.decide(['p'], caller, request)];
    assert.equal(asked.length, 1);
    asked[0]?.answer({ p: 'granted' });
    for (const granted of both) assert.deepEqual([...(await granted)], ['p']);
  });

  test('are kept from when they were asked, not from when the answer came', async () => {
    const { answers, asked, clock } = createScene(100);
    const caller = callerWith();
    const first = answers.decide(['p'], caller, request);
    clock.now = 1100;
    asked[0]?.answer({ p: 'granted' });
    await first;
    void answers.decide(['p'], caller, request);
    assert.equal(asked.length, 2);
  });

  test('fail together, and are asked again afterwards', async () => {
    const { answers, asked } = createScene(100);
    const caller = callerWith();
    const both = [answers.decide(['p'], caller, request), answers.decide(['p'], caller, request)];
    asked[0]?.fail(new GatewayError('IDENTITY_UNAVAILABLE', 'down'));
    for (const decided of both) await assert.rejects(async () => decided, { code: 'IDENTITY_UNAVAILABLE' });
    const again = answers.decide(['p'], caller, request);
    asked[1]?.answer({ p: 'granted' });
    assert.deepEqual([...(await again)], ['p']);
  });
});
