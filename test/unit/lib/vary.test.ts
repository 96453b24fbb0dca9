import assert from 'node:assert/strict';
import { test } from 'node:test';
import { joinVary } from '../../../src/lib/vary.ts';

test('every name stands once, in lower case', () => {
  assert.equal(joinVary('Accept, origin', undefined, ['Origin', 'accept-encoding']), 'accept, origin, accept-encoding');
});

test('what varies by everything varies by everything', () => {
  assert.equal(joinVary('origin', '*'), '*');
});

test('nothing stays nothing', () => {
  assert.equal(joinVary(undefined, '', ' , '), undefined);
});
