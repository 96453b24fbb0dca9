import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { everything, Invalidations } from '../../../src/cache/invalidations.ts';

describe('what may be stored and believed after invalidations', () => {
  test('what was begun before an invalidation of its tag, or at the same moment, is refused; what was begun after is not', () => {
    const known = new Invalidations();
    known.hear({ tags: ['User:1'], version: 'i1' }, 10);
    for (const [since, expected] of [
      [9, false],
      [10, false],
      [11, true],
    ] as const) {
      assert.equal(known.mayStore(['User', 'User:1'], since), expected);
      assert.equal(known.mayBelieve(['User', 'User:1'], since), expected);
    }
    assert.ok(known.mayStore(['User:2'], 1), 'another tag');
    assert.equal(known.versionOf('User:1'), 'i1');
  });

  test('an invalidation of everything is one of every entry, with and without tags', () => {
    const known = new Invalidations();
    known.hear({ tags: [everything], version: 'i1' }, 10);
    assert.ok(!known.mayStore([], 10) && !known.mayStore(['User'], 5) && !known.mayBelieve([], 10));
    assert.ok(known.mayStore([], 11) && known.mayBelieve(['User'], 11));
  });

  test('until Redis has an own invalidation, it is not believed about the tag, whenever it was asked', () => {
    const known = new Invalidations();
    known.begin(['User'], 10);
    known.begin(['User'], 20);
    assert.ok(known.mayStore(['User'], 21), 'a write is read by the same instance at once');
    assert.ok(!known.mayBelieve(['User'], 21));
    known.settle(['User'], 'i1', 30);
    assert.ok(!known.mayBelieve(['User'], 31), 'the second is still on its way');
    known.settle(['User'], 'i2', 40);
    assert.ok(!known.mayBelieve(['User'], 39), 'asked before Redis had it');
    assert.ok(known.mayBelieve(['User'], 41));
    assert.ok(known.mayStore(['User'], 21), 'what counts for storing is when it was begun');
    assert.equal(known.versionOf('User'), 'i2');
  });

  test('of forgotten tags the last moment is remembered, and what was begun by then is refused', () => {
    const known = new Invalidations(100);
    for (let at = 1; at <= 1000; at += 1) known.hear({ tags: [`User:${at}`], version: `i${at}` }, at);
    assert.equal(known.size, 100);
    assert.ok(!known.mayStore(['User:1'], 900) && !known.mayBelieve(['Order'], 900));
    assert.ok(known.mayStore(['User:1'], 901));
    assert.ok(!known.mayStore(['User:1000'], 1000));
  });

  test('after a time in which nothing was heard, nothing that was begun before is stored or believed', () => {
    const known = new Invalidations();
    known.miss(10);
    assert.ok(!known.mayStore([], 10) && !known.mayBelieve(['User'], 10));
    assert.ok(known.mayStore([], 11) && known.mayBelieve(['User'], 11));
  });

  test('it is quiet since a moment where nothing at all was made invalid then or later, nor may have been', () => {
    const invalidations = new Invalidations();
    assert.equal(invalidations.isQuietSince(0), true);
    invalidations.hear({ tags: ['A'], version: '1' }, 10);
    assert.deepEqual([invalidations.isQuietSince(10), invalidations.isQuietSince(11)], [false, true]);
    invalidations.begin(['B'], 20);
    assert.deepEqual([invalidations.isQuietSince(20), invalidations.isQuietSince(21)], [false, true]);
    invalidations.settle(['B'], '2', 30);
    assert.equal(invalidations.isQuietSince(30), false);
    invalidations.miss(40);
    assert.deepEqual([invalidations.isQuietSince(40), invalidations.isQuietSince(41)], [false, true]);
  });
});
