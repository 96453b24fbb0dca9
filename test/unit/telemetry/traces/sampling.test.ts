import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { TracesConfig } from '../../../../src/config/telemetry-types.ts';
import type { RequestRecord, TracePlace } from '../../../../src/telemetry/record.ts';
import { createKeeper, createSampler } from '../../../../src/telemetry/traces/sampling.ts';
import { recordOf, runOf, startedAt, traceId, withParts } from '../../../support/otlp-records.ts';
import { seededRandom } from '../../../../upstreams/demo/random.ts';

type Rules = Partial<Pick<TracesConfig, 'rules' | 'rate' | 'parent'>>;

function isSampled(rules: Rules, record: RequestRecord): boolean {
  return createSampler({ rules: [], rate: 0, parent: 'follow', ...rules })(record);
}

function placeOf(changes: Partial<TracePlace> = {}): TracePlace {
  return { traceId, spanId: '00f067aa0ba902b7', parentId: undefined, parentSampled: undefined, state: '', ...changes };
}

describe('the rate', () => {
  // Seeded: the same ids in each run.
  const random = seededRandom(7);
  const ids = Array.from({ length: 10_000 }, () =>
    Array.from({ length: 32 }, () => random.between(0, 15).toString(16)).join(''),
  );

  for (const rate of [0.001, 0.01, 0.1, 0.5, 0.9])
    test(`${rate} of 10,000 traces are sampled, within three standard deviations`, () => {
      const sampler = createSampler({ rules: [], rate, parent: 'follow' });
      const count = ids.filter((id) => sampler(recordOf({ trace: placeOf({ traceId: id }) }))).length;
      const deviation = Math.sqrt(ids.length * rate * (1 - rate));
      assert.ok(Math.abs(count - ids.length * rate) <= 3 * deviation, `${count} were sampled`);
    });

  test('a trace that is sampled at a rate is sampled at every higher one, by whatever gateway', () => {
    for (const id of ids.slice(0, 1000)) {
      const decisions = [0, 0.1, 0.3, 0.7, 1].map((rate) =>
        isSampled({ rate }, recordOf({ trace: placeOf({ traceId: id }) })),
      );
      assert.deepEqual(
        decisions,
        decisions.toSorted((a, b) => Number(a) - Number(b)),
        id,
      );
    }
  });

  test('0 samples nothing and 1 everything, whatever the id', () => {
    for (const id of ['0'.repeat(31) + '1', 'f'.repeat(32)]) {
      const record = (): RequestRecord => recordOf({ trace: placeOf({ traceId: id }) });
      assert.deepEqual([isSampled({ rate: 0 }, record()), isSampled({ rate: 1 }, record())], [false, true]);
    }
  });

  test('the random bits of an id are its last 14 digits', () => {
    const at = (digits: string): boolean =>
      isSampled({ rate: 0.5 }, recordOf({ trace: placeOf({ traceId: 'a'.repeat(18) + digits }) }));
    assert.deepEqual([at('7fffffffffffff'), at('80000000000000')], [false, true]);
  });

  test("random bits that tracestate names count in place of the id's", () => {
    const at = (state: string): boolean =>
      isSampled({ rate: 0.5 }, recordOf({ trace: placeOf({ traceId: 'f'.repeat(32), state }) }));
    assert.equal(at('ot=rv:7fffffffffffff'), false);
    assert.equal(at('a=b, ot=th:8;rv:7fffffffffffff,c=d'), false);
    assert.equal(at('ot=rv:80000000000000'), true);
    // None of these is a value of `rv` in the member `ot`.
    for (const state of [
      '',
      'ot=rv:7fff',
      'ot=rv:7fffffffffffff0',
      'ot=xrv:7fffffffffffff',
      'not=rv:7fffffffffffff',
      'a=ot=rv:7fffffffffffff',
    ])
      assert.equal(at(state), true, state);
  });
});

describe('a parent', () => {
  for (const parentSampled of [true, false])
    test(`that is ${parentSampled ? '' : 'not '}sampled decides where it is followed, before all rules`, () => {
      const record = recordOf({ trace: placeOf({ parentId: 'b7ad6b7169203331', parentSampled }) });
      const opposite = parentSampled ? 0 : 1;
      assert.equal(isSampled({ rules: [{ match: {}, rate: opposite }], rate: opposite }, record), parentSampled);
    });

  test('is not asked where it is ignored', () => {
    const record = recordOf({ trace: placeOf({ parentId: 'b7ad6b7169203331', parentSampled: true }) });
    assert.equal(isSampled({ parent: 'ignore', rate: 0 }, record), false);
  });
});

describe('rules', () => {
  const request = (): RequestRecord =>
    withParts(recordOf({ method: 'POST', route: '/graphql', clientName: 'web', consumer: 'shop', tier: 'gold' }), {
      runs: [runOf({ name: 'Cart' }), runOf({ name: 'Orders' })],
    });

  const matches = {
    operations: [['Other', 'Orders'], ['cart']],
    routes: [['/graphql'], ['/api']],
    clients: [['web'], ['ios']],
    consumers: [['shop'], ['partner']],
    tiers: [['gold', 'silver'], ['silver']],
    methods: [['POST'], ['GET']],
  } as const;

  for (const [name, [fitting, other]] of Object.entries(matches))
    test(`look at ${name}`, () => {
      assert.equal(isSampled({ rules: [{ match: { [name]: fitting }, rate: 1 }] }, request()), true);
      assert.equal(isSampled({ rules: [{ match: { [name]: other }, rate: 1 }] }, request()), false);
      assert.equal(
        isSampled({ rules: [{ match: { [name]: fitting }, rate: 1 }] }, recordOf({ method: 'PUT', route: undefined })),
        false,
      );
    });

  test('fit where all that they name fits', () => {
    const rule = (tiers: readonly string[]): Rules => ({ rules: [{ match: { clients: ['web'], tiers }, rate: 1 }] });
    assert.deepEqual([isSampled(rule(['gold']), request()), isSampled(rule(['silver']), request())], [true, false]);
  });

  test('count in their order, and the first that fits decides', () => {
    const rules = [
      { match: { tiers: ['silver'] }, rate: 1 },
      { match: { tiers: ['gold'] }, rate: 0 },
      { match: {}, rate: 1 },
    ];
    assert.equal(isSampled({ rules, rate: 1 }, request()), false);
    assert.equal(isSampled({ rules, rate: 0 }, recordOf()), true);
  });
});

test('what asks for health or metrics is never sampled, not even for a parent', () => {
  for (const served of ['probe', 'metrics'] as const)
    assert.equal(isSampled({ rate: 1 }, recordOf({ served, trace: placeOf({ parentSampled: true }) })), false);
});

test('a request without a place in a trace is not sampled', () => {
  assert.equal(isSampled({ rate: 1 }, recordOf({ trace: undefined })), false);
});

describe('what is kept though it was not sampled', () => {
  const keeps = (
    changes: Partial<RequestRecord>,
    config: Partial<TracesConfig> = {},
    prepare?: (record: RequestRecord) => void,
  ): boolean => {
    const record = recordOf(changes);
    prepare?.(record);
    return createKeeper({ keepErrors: true, keepSlowerThanMs: 1000, ...config })(record);
  };
  const failures: Readonly<Record<string, readonly [Partial<RequestRecord>, (record: RequestRecord) => void]>> = {
    'an answer of 5xx': [{ status: 502 }, () => undefined],
    'an answer of 200 with an error of an upstream': [{}, (record) => record.addError('OUT_OF_STOCK', 'users')],
    'an answer of 200 with an upstream that may not be asked': [{}, (record) => record.addError('FORBIDDEN', 'users')],
    'an answer of 200 with an error of the gateway': [{}, (record) => record.addError('INTERNAL_ERROR', undefined)],
  };
  for (const [name, [changes, prepare]] of Object.entries(failures))
    test(`${name}, unless errors are not kept`, () => {
      assert.equal(keeps(changes, {}, prepare), true);
      assert.equal(keeps(changes, { keepErrors: false }, prepare), false);
    });

  test("not a client's own mistake, and not that it left", () => {
    assert.equal(
      keeps({ status: 400 }, {}, (record) => record.addError('GRAPHQL_PARSE_FAILED', undefined)),
      false,
    );
    assert.equal(
      keeps({ status: 429 }, {}, (record) => record.addError('RATE_LIMITED', undefined)),
      false,
    );
    assert.equal(keeps({ status: 0, isAborted: true }), false);
  });

  test('a request that took longer than configured, and no shorter one', () => {
    assert.deepEqual([keeps({ endedAt: startedAt + 1001 }), keeps({ endedAt: startedAt + 1000 })], [true, false]);
    assert.equal(keeps({ endedAt: startedAt + 1001 }, { keepSlowerThanMs: 2000 }), false);
  });

  test('no time at all is too long where it is 0', () => {
    assert.equal(keeps({ endedAt: startedAt + 100_000 }, { keepSlowerThanMs: 0 }), false);
  });

  test('a subscription takes as long as its client wants', () => {
    const subscribe = (record: RequestRecord): unknown =>
      withParts(record, { runs: [runOf({ type: 'subscription' })] });
    assert.equal(keeps({ endedAt: startedAt + 100_000 }, {}, subscribe), false);
  });
});
