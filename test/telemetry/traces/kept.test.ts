import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { startOtlpReceiver } from '../../support/otlp-receiver.ts';
import { recordOf, startTestTraces, tellOf, tracesConfig } from '../../support/otlp-records.ts';
import { until } from '../../support/until.ts';

describe('what is exported', () => {
  test('is what is sampled; of the rest what failed or took long, and says that it is', async (t) => {
    await using receiver = await startOtlpReceiver();
    const rules = [{ match: { tiers: ['gold'] }, rate: 1 }];
    const traces = await startTestTraces(t, tracesConfig(receiver.url, { rules, rate: 0 }));
    tellOf(recordOf({ requestId: 'sampled' }), (record) => (record.tier = 'gold'));
    tellOf(recordOf({ requestId: 'not sampled' }));
    tellOf(recordOf({ requestId: 'failed', status: 502 }));
    tellOf(recordOf({ requestId: 'slow', endedAt: recordOf().startedAt + 1500 }));
    tellOf(recordOf({ requestId: 'probe', served: 'probe', status: 503 }));
    tellOf(recordOf({ requestId: 'metrics', served: 'metrics', status: 503 }));
    tellOf(recordOf({ requestId: 'nowhere', trace: undefined, status: 502 }));
    await traces.stop();
    assert.deepEqual(
      receiver.spans.map(({ attributes }) => [attributes['weft.request.id'], attributes['weft.sampled.late']]),
      [
        ['sampled', undefined],
        ['failed', true],
        ['slow', true],
      ],
    );
  });

  test('is decided once, by what is known when the first upstream call asks', async (t) => {
    await using receiver = await startOtlpReceiver();
    const rules = [{ match: { tiers: ['gold'] }, rate: 1 }];
    const traces = await startTestTraces(t, tracesConfig(receiver.url, { rules, rate: 0 }));
    tellOf(recordOf(), (record) => {
      assert.equal(record.isSampled, false);
      record.tier = 'gold';
    });
    await traces.stop();
    assert.equal(receiver.spans.length, 0);
  });

  test('finds room again when what waited before has gone out', async (t) => {
    await using receiver = await startOtlpReceiver();
    const traces = await startTestTraces(t, tracesConfig(receiver.url, { maxQueued: 10 }));
    for (let round = 1; round <= 5; round++) {
      for (let index = 0; index < 10; index++) tellOf(recordOf());
      // The receiver has them a moment before the gateway knows that it does.
      await until(() => traces.counts().exported === round * 10);
    }
    assert.deepEqual(traces.counts(), { exported: 50, dropped: 0, failed: 0, queued: 0 });
  });

  test('goes out together, at most 512 spans at once', async (t) => {
    await using receiver = await startOtlpReceiver();
    const traces = await startTestTraces(t, tracesConfig(receiver.url));
    for (let index = 0; index < 1200; index++) tellOf(recordOf());
    await traces.stop();
    assert.equal(receiver.spans.length, 1200);
    assert.ok(receiver.exports.length <= 4, `${receiver.exports.length} exports`);
  });
});
