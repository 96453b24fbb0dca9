import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createIsoClock } from '../../../../src/telemetry/logs/iso-clock.ts';

test('a time is written as dates write it, whatever was asked before', () => {
  const clock = createIsoClock();
  const times = [0, 1, 999, 1000, 1_799_999_999_999, 1_800_000_000_000, 999, 1_800_000_000_042, 951_782_399_999];
  for (const time of times) assert.equal(clock(time), new Date(time).toISOString());
});
