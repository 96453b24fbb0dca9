import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { LimitAlgorithm } from '../../../../src/config/limit-types.ts';
import type { Limit, Outcome } from '../../../../src/limits/types.ts';
import { limitFields } from '../../../../src/policies/limits/limit-fields.ts';

const both = { rateLimit: true, xRateLimit: true };

interface Given {
  readonly name?: string;
  readonly algorithm?: LimitAlgorithm;
  readonly mode?: Limit['mode'];
  readonly counts?: 'requests' | 'cost';
}

const perMinute: LimitAlgorithm = { kind: 'fixed-window', max: 60, windowMs: 60_000 };

function outcome(given: Given = {}, came: Partial<Outcome> = {}): Outcome {
  const { name = 'guests', algorithm = perMinute, mode = 'enforce', counts } = given;
  const limit = { name, algorithm, mode, onOutage: 'local', ...(counts && { counts }) } as const;
  const charge = { limit, key: 'k', amount: 1, ifOver: 'refuse' } as const;
  return { charge, hasRoom: true, remaining: 59, resetMs: 30_001, retryAfterMs: 0, by: 'store', ...came };
}

test('every limit that binds is named with what is left of it', () => {
  const month = outcome({ name: 'month', algorithm: { kind: 'quota', max: 1000, period: 'month' } }, { remaining: 12 });
  assert.deepEqual(limitFields([outcome(), month], both), {
    'ratelimit-policy': '"guests";q=60;w=60, "month";q=1000',
    ratelimit: '"guests";r=59;t=31, "month";r=12;t=31',
    'x-ratelimit-limit': '1000',
    'x-ratelimit-remaining': '12',
    'x-ratelimit-reset': '31',
  });
});

test('seconds are rounded up: who waits for them is never too early', () => {
  const refused = outcome({}, { hasRoom: false, remaining: 0, retryAfterMs: 1, resetMs: 1001 });
  const fields = limitFields([refused], both, refused);
  assert.equal(fields['retry-after'], '1');
  assert.equal(fields['ratelimit'], '"guests";r=0;t=2');
});

test('the limit that refused is the one of x-ratelimit, whatever is left of others', () => {
  const empty = outcome({ name: 'empty' }, { remaining: 0 });
  const refused = outcome({ name: 'points', counts: 'cost' }, { hasRoom: false, remaining: 3, retryAfterMs: 5000 });
  const fields = limitFields([empty, refused], both, refused);
  assert.equal(fields['x-ratelimit-remaining'], '3');
  assert.equal(fields['ratelimit-policy'], '"empty";q=60;w=60, "points";q=60;qu="cost";w=60');
});

test('a limit that is only measured is told to nobody', () => {
  assert.deepEqual(limitFields([outcome({ mode: 'measure' })], both), {});
});

test('what is hidden is not there, but for retry-after', () => {
  const refused = outcome({}, { hasRoom: false, retryAfterMs: 2000 });
  assert.deepEqual(limitFields([refused], { rateLimit: false, xRateLimit: false }, refused), { 'retry-after': '2' });
});

test('places under way, days and bursts are told as the draft has them', () => {
  const policy = (algorithm: LimitAlgorithm): string | undefined =>
    limitFields([outcome({ name: 'a', algorithm })], both)['ratelimit-policy'];
  assert.equal(policy({ kind: 'concurrency', max: 3 }), '"a";q=3;qu="concurrent-requests"');
  assert.equal(policy({ kind: 'quota', max: 9, period: 'day' }), '"a";q=9;w=86400');
  assert.equal(policy({ kind: 'token-bucket', max: 5, windowMs: 1000, burst: 20 }), '"a";q=20;w=1');
});

test('a name cannot break out of its quotes', () => {
  const fields = limitFields([outcome({ name: 'a"b\\c\nd' })], both);
  assert.equal(fields['ratelimit'], String.raw`"a\"b\\c_d";r=59;t=31`);
});

test('what nobody could count is told to nobody, but for retry-after', () => {
  const denied = outcome({ name: 'denied' }, { hasRoom: false, remaining: 0, retryAfterMs: 1000, by: 'none' });
  const allowed = outcome({ name: 'allowed' }, { remaining: 60, by: 'none' });
  const local = outcome({ name: 'local' }, { by: 'local' });
  assert.deepEqual(limitFields([allowed, denied], both, denied), { 'retry-after': '1' });
  assert.equal(limitFields([allowed, local], both)['ratelimit'], '"local";r=59;t=31');
});
