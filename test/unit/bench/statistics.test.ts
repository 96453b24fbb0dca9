import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { median, percentile, slope, standardError, trimmedMean } from '../../../bench/statistics.ts';

describe('the figures of the bench', () => {
  test('a median is the middle value, whatever the order, or the mean of the two middle ones', () => {
    assert.equal(median([9, 1, 5]), 5);
    assert.equal(median([10, 2, 4, 8]), 6);
    assert.equal(median([]), 0);
  });

  test('a percentile is a value of the list', () => {
    const sorted = Array.from({ length: 101 }, (_, index) => index);
    assert.equal(percentile(sorted, 0.5), 50);
    assert.equal(percentile(sorted, 0.99), 99);
    assert.equal(percentile([], 0.5), 0);
  });

  test('a slope is the rise per step, and 0 of a single point', () => {
    const points = [0, 1, 2, 3].map((x) => ({ x: x * 10, y: 7 + x * 5 }));
    assert.equal(slope(points), 0.5);
    assert.equal(slope([{ x: 1, y: 1 }]), 0);
    assert.equal(slope([]), 0);
  });
});

test('a trimmed mean leaves out the outermost on either side', () => {
  assert.equal(trimmedMean([1000, 1, 2, 3, -1000], 0.2), 2);
  assert.equal(trimmedMean([1, 2, 6], 0), 3);
  assert.equal(trimmedMean([], 0.2), 0);
});

test('its standard error is that of the mean where nothing is left out, and is not moved by what is', () => {
  assert.equal(standardError([1, 2, 3, 4, 5], 0), Math.sqrt(2.5 / 5));
  const values = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10];
  const moved = values.map((value) => (value === 10 ? 10_000 : value));
  assert.equal(standardError(moved, 0.1), standardError(values, 0.1));
  assert.equal(standardError([], 0.2), 0);
});
