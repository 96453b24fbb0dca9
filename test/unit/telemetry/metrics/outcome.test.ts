import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { splitDurations } from '../../../../src/telemetry/durations.ts';
import { faultOf, outcomeOf } from '../../../../src/telemetry/outcome.ts';
import { RequestRecord, type CallRecord } from '../../../../src/telemetry/record.ts';
import { callOf } from './rig.ts';

interface Case {
  readonly when: string;
  readonly fields: Partial<RequestRecord>;
  readonly errors?: readonly (readonly [code: string, upstream?: string])[];
  readonly expected: ReturnType<typeof outcomeOf>;
}

const cases: readonly Case[] = [
  { when: 'it was answered', fields: { status: 200 }, expected: 'ok' },
  { when: 'it was sent elsewhere', fields: { status: 304 }, expected: 'ok' },
  { when: 'nothing is there', fields: { status: 404 }, expected: 'client_error' },
  { when: 'the upstream of a route fails', fields: { status: 503, served: 'rest' }, expected: 'upstream_error' },
  {
    when: 'the gateway fails and does not say why',
    fields: { status: 500, served: 'graphql' },
    expected: 'gateway_error',
  },
  { when: 'the client left', fields: { status: 0 }, expected: 'aborted' },
  { when: 'the connection broke', fields: { status: 200, isAborted: true }, expected: 'aborted' },
  {
    when: 'a field is not known',
    fields: { status: 200 },
    errors: [['GRAPHQL_VALIDATION_FAILED']],
    expected: 'client_error',
  },
  {
    when: 'a user does not exist upstream',
    fields: { status: 200 },
    errors: [['NOT_FOUND', 'users']],
    expected: 'client_error',
  },
  { when: 'a limit is reached', fields: { status: 429 }, errors: [['RATE_LIMITED']], expected: 'limited' },
  {
    when: 'the limit of an upstream is reached',
    fields: { status: 200 },
    errors: [['RATE_LIMITED', 'users']],
    expected: 'limited',
  },
  {
    when: 'an upstream has had too much',
    fields: { status: 200 },
    errors: [['UPSTREAM_RATE_LIMITED', 'users']],
    expected: 'upstream_error',
  },
  {
    when: 'a part fails',
    fields: { status: 200 },
    errors: [['BAD_USER_INPUT'], ['UPSTREAM_TIMEOUT', 'users']],
    expected: 'upstream_error',
  },
  {
    when: 'the answer of an upstream is cut off',
    fields: { status: 200, isAborted: true },
    errors: [['UPSTREAM_BAD_RESPONSE', 'users']],
    expected: 'upstream_error',
  },
  {
    when: 'the client left while it ran',
    fields: { status: 0, isAborted: true },
    errors: [['CLIENT_CLOSED_REQUEST']],
    expected: 'aborted',
  },
  {
    when: 'the gateway and an upstream fail',
    fields: { status: 200 },
    errors: [['INTERNAL_ERROR'], ['UPSTREAM_FAILED', 'users']],
    expected: 'gateway_error',
  },
  {
    when: 'an upstream gives a code of its own',
    fields: { status: 200 },
    errors: [['OUT_OF_STOCK', 'shop']],
    expected: 'upstream_error',
  },
  {
    when: 'a resolver fails that belongs to an upstream',
    fields: { status: 200 },
    errors: [['INTERNAL_ERROR', 'users']],
    expected: 'gateway_error',
  },
  {
    when: 'a client wants nothing but what is kept',
    fields: { status: 504, served: 'rest' },
    errors: [['NOT_KEPT', 'users']],
    expected: 'client_error',
  },
  {
    when: 'identities cannot be checked',
    fields: { status: 503 },
    errors: [['IDENTITY_UNAVAILABLE']],
    expected: 'gateway_error',
  },
];

describe('the outcome of a request', () => {
  for (const { when, fields, errors = [], expected } of cases) {
    test(`is ${expected} where ${when}`, () => {
      const record = new RequestRecord('POST', {});
      Object.assign(record, { served: 'graphql' }, fields);
      for (const [code, upstream] of errors) record.addError(code, upstream);
      assert.equal(outcomeOf(record), expected);
    });
  }

  test('a code that belongs to an upstream is its fault, named or not', () => {
    assert.equal(faultOf('UPSTREAM_SCHEMA_UNAVAILABLE', undefined), 'upstream');
    assert.equal(faultOf('INTERNAL_ERROR', undefined), 'gateway');
    assert.equal(faultOf('ANY_OTHER', undefined), 'gateway');
  });
});

describe('the time of a request', () => {
  type Span = readonly [from: number, to: number, over?: Partial<CallRecord>];

  function split(spans: readonly Span[], totalMs = 100): readonly number[] {
    const record = new RequestRecord('POST', {});
    const at = record.startedAt;
    record.endedAt = at + totalMs;
    for (const [from, to, over] of spans)
      record.calls.push(callOf({ startedAt: at + from, endedAt: to === 0 ? 0 : at + to, ...over }));
    const { totalMs: total, upstreamMs, gatewayMs } = splitDurations(record);
    assert.ok(Math.abs(total - upstreamMs - gatewayMs) < 1e-6);
    return [total, upstreamMs, gatewayMs].map((ms) => Math.round(ms * 1000) / 1000);
  }

  test('is all the gateway’s where nothing was called', () => {
    assert.deepEqual(split([]), [100, 0, 100]);
  });

  test('of calls that ran at once counts once', () => {
    assert.deepEqual(
      split([
        [10, 40],
        [20, 30],
        [35, 60],
        [80, 90],
      ]),
      [100, 60, 40],
    );
  });

  test('is the same in whatever order calls are told', () => {
    assert.deepEqual(
      split([
        [80, 90],
        [35, 60],
        [10, 40],
        [20, 30],
      ]),
      [100, 60, 40],
    );
  });

  test('for what came from the cache is the gateway’s', () => {
    assert.deepEqual(
      split([
        [10, 40, { source: 'cache' }],
        [50, 60, { source: 'shared' }],
      ]),
      [100, 10, 90],
    );
  });

  test('of a call that still runs ends with the request', () => {
    assert.deepEqual(split([[90, 0]]), [100, 10, 90]);
  });
});
