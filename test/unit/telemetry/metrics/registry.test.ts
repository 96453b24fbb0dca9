import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { definitions } from '../../../../src/telemetry/metrics/definitions.ts';
import { Histogram } from '../../../../src/telemetry/metrics/points.ts';
import { Bundles, Registry } from '../../../../src/telemetry/metrics/registry.ts';
import { printMetrics } from '../../../../src/telemetry/metrics/text.ts';
import { parseMetrics } from '../../../support/openmetrics.ts';
import { begin, callOf, end, makeCall, readNow, rounded, runOf, startTestMetrics } from './rig.ts';

const small = { maxSeries: 3, durationBuckets: [0.1, 1] };

/** A registry with one metric of each type. */
function smallRegistry(): Registry {
  const registry = new Registry(small);
  registry.amount(definitions.errors, ['A "quoted"\\\nline', 'client', '']).add(2);
  registry.amount(definitions.activeCalls, ['users']).add(-1);
  registry.amount(definitions.build, ['1.0', '26']).value = 1;
  const histogram = registry.histogram(definitions.gatewayDuration, ['graphql']);
  for (const value of [0.05, 0.1, 0.5, 7]) histogram.observe(value);
  histogram.exemplify({ traceId: 'ab'.repeat(16), spanId: 'cd'.repeat(8), value: 0.5, time: 1_700_000_000.25 });
  registry.read((write) => write(definitions.cacheSize, ['memory'], 1.5));
  return registry;
}

describe('texts', () => {
  test('Prometheus 0.0.4', () => {
    assert.equal(
      printMetrics(smallRegistry().collect(), 'prometheus'),
      `# HELP weft_request_gateway_duration_seconds Time of a request in which none of its upstream calls ran.
# TYPE weft_request_gateway_duration_seconds histogram
weft_request_gateway_duration_seconds_bucket{lane="graphql",le="0.1"} 2
weft_request_gateway_duration_seconds_bucket{lane="graphql",le="1.0"} 3
weft_request_gateway_duration_seconds_bucket{lane="graphql",le="+Inf"} 4
weft_request_gateway_duration_seconds_sum{lane="graphql"} 7.65
weft_request_gateway_duration_seconds_count{lane="graphql"} 4
# HELP http_client_active_requests Upstream calls under way.
# TYPE http_client_active_requests gauge
http_client_active_requests{upstream="users"} -1
# HELP weft_cache_size_bytes Size of the entries that are kept.
# TYPE weft_cache_size_bytes gauge
weft_cache_size_bytes{store="memory"} 1.5
# HELP weft_errors_total Errors of requests by code and by whose fault they are, each code once a request.
# TYPE weft_errors_total counter
weft_errors_total{code="A \\"quoted\\"\\\\\\nline",fault="client"} 2
# HELP weft_build_info What runs.
# TYPE weft_build_info gauge
weft_build_info{version="1.0",node="26"} 1
`,
    );
  });

  test('OpenMetrics 1.0, with units and exemplars', () => {
    const exemplar = `# {trace_id="${'ab'.repeat(16)}",span_id="${'cd'.repeat(8)}"} 0.5 1700000000.250`;
    assert.equal(
      printMetrics(smallRegistry().collect(), 'openmetrics'),
      `# HELP weft_request_gateway_duration_seconds Time of a request in which none of its upstream calls ran.
# TYPE weft_request_gateway_duration_seconds histogram
# UNIT weft_request_gateway_duration_seconds seconds
weft_request_gateway_duration_seconds_bucket{lane="graphql",le="0.1"} 2
weft_request_gateway_duration_seconds_bucket{lane="graphql",le="1.0"} 3 ${exemplar}
weft_request_gateway_duration_seconds_bucket{lane="graphql",le="+Inf"} 4
weft_request_gateway_duration_seconds_sum{lane="graphql"} 7.65
weft_request_gateway_duration_seconds_count{lane="graphql"} 4
# HELP http_client_active_requests Upstream calls under way.
# TYPE http_client_active_requests gauge
http_client_active_requests{upstream="users"} -1
# HELP weft_cache_size_bytes Size of the entries that are kept.
# TYPE weft_cache_size_bytes gauge
# UNIT weft_cache_size_bytes bytes
weft_cache_size_bytes{store="memory"} 1.5
# HELP weft_errors Errors of requests by code and by whose fault they are, each code once a request.
# TYPE weft_errors counter
weft_errors_total{code="A \\"quoted\\"\\\\\\nline",fault="client"} 2
# HELP weft_build What runs.
# TYPE weft_build info
weft_build_info{version="1.0",node="26"} 1
# EOF
`,
    );
  });

  for (const format of ['prometheus', 'openmetrics'] as const) {
    test(`a strict reader takes the text: ${format}`, () => {
      const families = parseMetrics(printMetrics(smallRegistry().collect(), format), format);
      const errors = families.get(format === 'openmetrics' ? 'weft_errors' : 'weft_errors_total');
      assert.equal(errors?.samples[0]?.labels['code'], 'A "quoted"\\\nline');
    });
  }
});

describe('histograms', () => {
  test('a bound is of the bucket below it', () => {
    const histogram = new Histogram([], [1, 2]);
    for (const value of [0, 1, 1.1, 2, 2.1, Infinity]) histogram.observe(value);
    assert.deepEqual([...histogram.counts], [2, 2, 2]);
    assert.equal(histogram.count, 6);
  });

  test('what is no number, or below zero, is not counted', () => {
    const histogram = new Histogram([], [1, 2]);
    for (const value of [NaN, -1, -Infinity]) histogram.observe(value);
    assert.equal(histogram.count, 0);
    assert.equal(histogram.sum, 0);
  });
});

describe('label sets are bounded', () => {
  test('what is one too many folds its free labels, keeps the others, and is counted', () => {
    const registry = new Registry({ ...small, maxSeries: 2 });
    for (const code of ['ONE', 'TWO', 'THREE', 'FOUR', 'ONE'])
      registry.amount(definitions.errors, [code, 'gateway', '']).add();
    registry.amount(definitions.errors, ['FIVE', 'upstream', 'users']).add();
    const samples = registry.collect().find(({ definition }) => definition === definitions.errors)?.points ?? [];
    assert.deepEqual(
      samples.map((point) => [...point.labels, 'value' in point ? point.value : 0]),
      [
        ['ONE', 'gateway', '', 2],
        ['TWO', 'gateway', '', 1],
        ['_other', 'gateway', '_other', 2],
        ['_other', 'upstream', '_other', 1],
      ],
    );
    assert.equal(registry.amount(definitions.folded, ['weft_errors_total']).value, 3);
    assert.equal(registry.folds, 3);
  });

  test('each request beyond the bound is counted as folded, however often it comes', (t) => {
    const metrics = startTestMetrics(t, { maxSeries: 5 });
    for (let round = 0; round < 3; round++) {
      for (let route = 0; route < 10; route++) end(begin('GET'), { served: 'rest', route: `/${route}` });
    }
    const { value, samples } = readNow(metrics);
    const name = 'http_server_request_duration_seconds_count';
    assert.equal(samples(name).length, 6);
    assert.equal(value(name), 30);
    assert.equal(value(name, { http_route: '_other', outcome: 'ok', lane: 'rest' }), 15);
    assert.equal(value('weft_telemetry_folded_total', { metric: 'http_server_request_duration_seconds' }), 15);
  });

  test('only so many operation names are told apart, and none that is very long', (t) => {
    const metrics = startTestMetrics(t, { maxOperations: 2 });
    for (const name of ['D'.repeat(200), 'A', 'B', 'C', 'A', '']) {
      const record = begin();
      record.runs.push(runOf(name));
      end(record);
    }
    const { value } = readNow(metrics);
    const count = (name: string): number =>
      value('weft_graphql_operation_duration_seconds_count', { graphql_operation_name: name });
    assert.deepEqual(['A', 'B', 'C', 'anonymous', '_other'].map(count), [2, 1, 0, 1, 2]);
    assert.equal(value('weft_telemetry_folded_total', { metric: 'weft_graphql_operation_duration_seconds' }), 2);
  });

  test('points that are counted together are kept, unless one of them is folded', () => {
    const registry = new Registry({ ...small, maxSeries: 2 });
    const made: string[] = [];
    const bundles = new Bundles(registry, (keys: readonly [string]) => {
      made.push(keys[0]);
      return registry.amount(definitions.activeCalls, keys);
    });
    registry.amount(definitions.activeCalls, ['first']);
    for (const key of ['a', 'a', 'b', 'b', 'a']) bundles.get([key]).add();
    assert.deepEqual(made, ['a', 'b', 'b']);
    assert.equal(registry.amount(definitions.activeCalls, ['a']).value, 3);
    assert.equal(registry.amount(definitions.activeCalls, ['_other']).value, 2);
  });

  test('no more of them are kept than a metric has label sets', () => {
    const registry = new Registry({ ...small, maxSeries: 2 });
    const made: string[] = [];
    const bundles = new Bundles(registry, (keys: readonly [string]) => {
      made.push(keys[0]);
      return registry.amount(definitions.activeCalls, ['same']);
    });
    for (const key of ['a', 'b', 'c', 'a', 'b', 'c']) bundles.get([key]).add();
    assert.deepEqual(made, ['a', 'b', 'c', 'c']);
    assert.equal(registry.amount(definitions.activeCalls, ['same']).value, 6);
  });
});

describe('exemplars', () => {
  const trace = {
    traceId: 'ab'.repeat(16),
    spanId: 'cd'.repeat(8),
    parentId: undefined,
    parentSampled: undefined,
    state: '',
  };
  const name = 'http_server_request_duration_seconds';

  function shown(text: string): readonly unknown[] {
    const samples = parseMetrics(text, 'openmetrics').get(name)?.samples ?? [];
    return samples.flatMap(({ exemplar }) => (exemplar ? [exemplar.labels, rounded(exemplar.value)] : []));
  }

  test('a sampled request shows its trace, in OpenMetrics', (t) => {
    const metrics = startTestMetrics(t);
    end(begin(), { trace, sampler: () => true }, 50);
    end(begin(), { trace: { ...trace, traceId: 'ef'.repeat(16) }, sampler: () => false }, 50);
    end(begin(), { sampler: () => true }, 50);
    const expected = [{ trace_id: trace.traceId, span_id: trace.spanId }, 0.05];
    assert.deepEqual(shown(metrics.text('application/openmetrics-text').text), expected);
    assert.doesNotMatch(metrics.text('text/plain').text, /trace_id/);
  });

  test('so do its calls, with their own spans', (t) => {
    const metrics = startTestMetrics(t);
    const record = begin();
    record.calls.push(makeCall({ startedAt: record.startedAt, spanId: '12'.repeat(8) }, 3));
    // Nothing was counted of the one, and the other's time is not known yet.
    record.calls.push(makeCall({ source: 'cache', upstream: 'kept' }), callOf({ upstream: 'slow' }));
    end(record, { trace, sampler: () => true }, 50);
    const { text } = metrics.text('application/openmetrics-text');
    const calls = parseMetrics(text, 'openmetrics').get('http_client_request_duration_seconds')?.samples ?? [];
    const labels = calls.flatMap(({ exemplar }) => (exemplar ? [exemplar.labels] : []));
    assert.deepEqual(labels, [{ trace_id: trace.traceId, span_id: '12'.repeat(8) }]);
    assert.deepEqual([...new Set(calls.map(({ labels: { upstream } }) => upstream))], ['users']);
  });

  test('none where the configuration wants none', (t) => {
    const metrics = startTestMetrics(t, { exemplars: false });
    end(begin(), { trace, sampler: () => true });
    assert.deepEqual(shown(metrics.text('application/openmetrics-text').text), []);
  });
});
