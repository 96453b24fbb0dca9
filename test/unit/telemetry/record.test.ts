import assert from 'node:assert/strict';
import { test } from 'node:test';
import { RequestRecord } from '../../../src/telemetry/record.ts';
import { callRecord } from '../../support/log-lines.ts';

test('a request tells of its first thousand calls, and the others tell of themselves', () => {
  const record = new RequestRecord('POST', {});
  const calls = Array.from({ length: 1002 }, () => callRecord());
  for (const call of calls) record.addCall(call);
  assert.deepEqual([record.calls.length, record.untoldCalls], [1000, 2]);
  assert.deepEqual(
    calls.map(({ isDetached }) => isDetached),
    calls.map((_, index) => index >= 1000),
  );
});

test('a subscription keeps few calls, and all tell of themselves, as it may last for days', () => {
  const record = new RequestRecord('POST', {});
  record.isLasting = true;
  const calls = Array.from({ length: 50 }, () => callRecord());
  for (const call of calls) record.addCall(call);
  assert.deepEqual([record.calls.length, record.untoldCalls], [20, 30]);
  assert.ok(calls.every(({ isDetached }) => isDetached));
});
