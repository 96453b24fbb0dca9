import assert from 'node:assert/strict';
import { test } from 'node:test';
import { publishRequestEnd } from '../../../../src/telemetry/channels.ts';
import { createAccessSampler } from '../../../../src/telemetry/logs/access-sampling.ts';
import { endedRecord, linesOf, operationRun, plainAccess } from '../../../support/log-lines.ts';

const never = { rules: [], rate: 0 };

test('the first rule that fits decides, then the rate for all', () => {
  const keep = createAccessSampler({
    rules: [
      { match: { operations: ['Checkout'], clients: ['web'] }, rate: 0 },
      { match: { operations: ['Checkout'] }, rate: 1 },
    ],
    rate: 0,
  });
  const runs = [operationRun()];
  assert.equal(keep(endedRecord({ runs, clientName: 'web' })), undefined);
  assert.deepEqual(keep(endedRecord({ runs, clientName: 'app' })), { outcome: 'ok', rate: 1 });
  assert.equal(keep(endedRecord()), undefined);
});

test('a rate writes that share of requests, and says so', async () => {
  const numbers = [0.1, 0.3, 0.24, 0.25, 0.9];
  const keep = createAccessSampler({ rules: [], rate: 0.25 }, () => numbers.shift() ?? 1);
  const kept = [1, 2, 3, 4, 5].map(() => keep(endedRecord())?.rate);
  assert.deepEqual(kept, [0.25, undefined, 0.25, undefined, undefined]);
});

test('a line that was kept by chance says what share it stands for', async () => {
  const lines = await linesOf({ access: { ...plainAccess, rate: 0.999_999_999 } }, () =>
    publishRequestEnd(endedRecord()),
  );
  assert.equal(lines[0]?.['sampleRate'], 0.999_999_999);
});

test('what failed is never sampled away', () => {
  const keep = createAccessSampler(never);
  const failed = [
    endedRecord({ status: 500 }),
    endedRecord({ served: 'rest', status: 503 }),
    endedRecord({ errors: [{ code: 'UPSTREAM_TIMEOUT', upstream: 'users' }] }),
    endedRecord({ errors: [{ code: 'NOT_FOUND', upstream: 'users' }] }),
    endedRecord({ errors: [{ code: 'EMAIL_TAKEN', upstream: 'users' }] }),
    endedRecord({ errors: [{ code: 'INTERNAL_ERROR', upstream: undefined }] }),
  ];
  for (const record of failed) assert.equal(keep(record)?.rate, 1, JSON.stringify(record));
});

test("a client's own mistake and a client that left are sampled as all else", () => {
  const keep = createAccessSampler(never);
  const records = [
    endedRecord({ status: 400, errors: [{ code: 'GRAPHQL_PARSE_FAILED', upstream: undefined }] }),
    endedRecord({ status: 429, errors: [{ code: 'RATE_LIMITED', upstream: undefined }] }),
    endedRecord({ status: 0, isAborted: true }),
  ];
  for (const record of records) assert.equal(keep(record), undefined, JSON.stringify(record));
});

test('probes and those who read metrics are never written, even where they fail', () => {
  const keep = createAccessSampler({ rules: [], rate: 1 });
  for (const served of ['probe', 'metrics'] as const)
    for (const status of [200, 503]) assert.equal(keep(endedRecord({ served, status })), undefined);
});
