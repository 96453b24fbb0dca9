import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { GraphQLError } from 'graphql';
import type { Examined } from '../../../../src/policies/cache/examine.ts';
import { Lifetimes } from '../../../../src/policies/cache/lifetimes.ts';
import { examineText, rulesOf } from './lifetimes-rig.ts';

const asked = { key: 'k', errors: undefined, session: undefined, maxAgeMs: 1_000_000 };

describe('how long answers are kept', () => {
  test('is what the rules say of the operation, or less where the answer itself may be kept for less', () => {
    const lifetimes = new Lifetimes(rulesOf(() => false));
    const user: Examined = examineText('{ user { id } }');
    for (const maxAgeMs of [500, 1_000_000, 200, 0]) {
      assert.equal(lifetimes.of(user, { ...asked, maxAgeMs }), Math.min(maxAgeMs, 60_000));
    }
    assert.equal(lifetimes.of(examineText('{ version user { id } }'), asked), 10_000);
  });

  test('what is private is kept for a session and not without one, whichever was asked for first', () => {
    for (const order of [
      ['alice', undefined, '', 'bob'],
      [undefined, 'alice', 'bob', ''],
    ]) {
      const lifetimes = new Lifetimes(rulesOf(() => false));
      const note = examineText('{ note { text } }');
      for (const session of order) {
        const expected = session === undefined || session === '' ? 0 : 30_000;
        assert.equal(lifetimes.of(note, { ...asked, session }), expected, String(session));
      }
    }
  });

  test('errors are judged each time, and change nothing for answers without any', () => {
    let mayKeep = false;
    const lifetimes = new Lifetimes(rulesOf(() => mayKeep));
    const user = examineText('{ user { id } }');
    const errors = [new GraphQLError('no')];
    assert.deepEqual([lifetimes.of(user, { ...asked, errors }), lifetimes.of(user, asked)], [0, 60_000]);
    mayKeep = true;
    assert.equal(lifetimes.of(user, { ...asked, errors }), 60_000);
    mayKeep = false;
    assert.equal(lifetimes.of(user, { ...asked, errors }), 0);
  });
});
