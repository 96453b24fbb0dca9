import assert from 'node:assert/strict';
import { test } from 'node:test';
import { printDuration, readDuration } from '../../../src/lib/duration.ts';

test('every unit is read to milliseconds, decimals too', () => {
  assert.deepEqual(
    ['800ms', '2s', '1.5m', '2h', '1d', '0s', '1.0006s'].map((text) => readDuration(text)),
    [800, 2000, 90_000, 7_200_000, 86_400_000, 0, 1001],
  );
});

test('a bare number, an unknown unit, a sign and two units are no durations', () => {
  for (const text of ['5', '', '5 s', '-5s', '5S', '1m30s', '5sec', '.5s', '1e3ms']) {
    assert.equal(readDuration(text), undefined, text);
  }
});

test('a printed duration has the largest whole unit and reads back the same', () => {
  const printed = [0, 1, 1500, 2000, 90_000, 120_000, 3_600_000, 172_800_000].map(printDuration);
  assert.deepEqual(printed, ['0s', '1ms', '1500ms', '2s', '90s', '2m', '1h', '2d']);
  assert.deepEqual(printed.map(readDuration), [0, 1, 1500, 2000, 90_000, 120_000, 3_600_000, 172_800_000]);
});
