import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { GatewayError } from '../../../../src/errors.ts';
import {
  publishDetachedCall,
  publishInternalError,
  publishLimit,
  publishLostLines,
  publishNotice,
} from '../../../../src/telemetry/channels.ts';
import { labelName, prometheusName } from '../../../../src/telemetry/metrics/definition.ts';
import { definitions } from '../../../../src/telemetry/metrics/definitions.ts';
import { startMetrics } from '../../../../src/telemetry/metrics/start.ts';
import { parseMetrics } from '../../../support/openmetrics.ts';
import { begin, callOf, config, end, figures, makeCall, options, readNow, runOf, startTestMetrics } from './rig.ts';

const duration = 'http_server_request_duration_seconds';

describe('requests', () => {
  test('a request is counted by lane, method, status, route and outcome, with its time and sizes', (t) => {
    const metrics = startTestMetrics(t);
    end(begin(), { requestBytes: 300, responseBytes: 5000 }, 50);
    end(begin('GET'), { served: 'rest', route: '/api/users', status: 404 }, 2);
    const { value } = readNow(metrics);
    const graphql = { lane: 'graphql', http_route: '/graphql' };
    const ok = { ...graphql, http_request_method: 'POST', http_response_status_code: '200', outcome: 'ok' };
    assert.equal(value(`${duration}_count`, ok), 1);
    assert.equal(value(`${duration}_sum`, ok), 0.05);
    assert.equal(value(`${duration}_bucket`, { ...ok, le: '0.01' }), 0);
    assert.equal(value(`${duration}_bucket`, { ...ok, le: '0.1' }), 1);
    const rest = {
      lane: 'rest',
      http_request_method: 'GET',
      http_response_status_code: '404',
      outcome: 'client_error',
    };
    assert.equal(value(`${duration}_count`, { ...rest, http_route: '/api/users' }), 1);
    assert.equal(value('http_server_request_body_size_bytes_sum', graphql), 300);
    assert.equal(value('http_server_response_body_size_bytes_sum', graphql), 5000);
    assert.equal(value('http_server_request_body_size_bytes_count', { lane: 'rest' }), 0);
  });

  test('requests under way are those that began and did not end', (t) => {
    const earlier = begin();
    const metrics = startTestMetrics(t);
    const active = (): number => readNow(metrics).value('http_server_active_requests');
    const [one, other] = [begin(), begin('GET')];
    assert.equal(active(), 2);
    end(one);
    assert.equal(active(), 1);
    // It was not counted when it began.
    end(earlier);
    assert.equal(active(), 1);
    end(other);
    assert.equal(active(), 0);
  });

  test('probes and readings of metrics are counted apart, and in no objective', (t) => {
    const metrics = startTestMetrics(t);
    end(begin('GET'), { served: 'probe', status: 503, route: undefined });
    end(begin('GET'), { served: 'metrics', route: undefined });
    const { value } = readNow(metrics);
    assert.equal(value('weft_probe_requests_total', { probe: 'probe', http_response_status_code: '503' }), 1);
    assert.equal(value('weft_probe_requests_total', { probe: 'metrics', http_response_status_code: '200' }), 1);
    assert.equal(value(`${duration}_count`), 0);
    assert.equal(value('weft_request_gateway_duration_seconds_count'), 0);
  });

  test('a method that is not known is _OTHER', (t) => {
    const metrics = startTestMetrics(t);
    end(begin('BREW'));
    assert.equal(readNow(metrics).value(`${duration}_count`, { http_request_method: '_OTHER' }), 1);
  });

  test('time is told apart by who took it', (t) => {
    const metrics = startTestMetrics(t);
    const record = begin();
    const at = record.startedAt;
    record.calls.push(
      callOf({ startedAt: at + 10, endedAt: at + 40 }),
      callOf({ startedAt: at + 20, endedAt: at + 60 }),
    );
    end(record, {}, 100);
    end(begin(), {}, 7);
    const { value } = readNow(metrics);
    assert.equal(value('weft_request_upstream_duration_seconds_count', { lane: 'graphql' }), 1);
    assert.equal(value('weft_request_upstream_duration_seconds_sum'), 0.05);
    assert.equal(value('weft_request_gateway_duration_seconds_count', { lane: 'graphql' }), 2);
    assert.equal(value('weft_request_gateway_duration_seconds_sum'), 0.057);
  });

  test('errors are counted by code and by whose fault they are', (t) => {
    const metrics = startTestMetrics(t);
    const record = begin();
    record.addError('UPSTREAM_TIMEOUT', 'users');
    record.addError('RATE_LIMITED', undefined);
    record.addError('ada@example.org was not found', 'users');
    end(record);
    const { value, samples } = readNow(metrics);
    assert.equal(value('weft_errors_total', { code: 'UPSTREAM_TIMEOUT', fault: 'upstream', upstream: 'users' }), 1);
    assert.equal(value('weft_errors_total', { code: 'RATE_LIMITED', fault: 'client', upstream: '' }), 1);
    // What is not written as a code is not told.
    assert.equal(value('weft_errors_total', { code: '_other', fault: 'upstream', upstream: 'users' }), 1);
    assert.equal(samples('weft_errors_total').length, 3);
    assert.equal(value(`${duration}_count`, { outcome: 'upstream_error' }), 1);
  });

  test('credentials that are not taken are counted by cause', (t) => {
    const metrics = startTestMetrics(t);
    for (const code of ['CREDENTIALS_EXPIRED', 'CREDENTIALS_EXPIRED', 'IDENTITY_UNAVAILABLE', 'ACCESS_DENIED']) {
      const record = begin();
      record.addError(code, undefined);
      end(record, { status: 401, authenticationMs: 2 });
    }
    const { value } = readNow(metrics);
    assert.equal(value('weft_authentication_failures_total', { code: 'CREDENTIALS_EXPIRED' }), 2);
    assert.equal(value('weft_authentication_failures_total'), 3);
    assert.equal(value('weft_authentication_duration_seconds_count'), 4);
  });
});

describe('operations', () => {
  test('an operation is counted by name, type and outcome, and by what ran it', (t) => {
    const metrics = startTestMetrics(t);
    const record = begin();
    record.runs.push(runOf('Shop', { planMs: 4, estimatedCost: 60, actualCost: 12, cache: 'miss' }));
    end(record, { parseMs: 1, validateMs: 2 });
    const failed = begin();
    failed.addError('UPSTREAM_FAILED', 'users');
    failed.runs.push(runOf('Shop'));
    end(failed);
    for (const run of [
      runOf('', { engine: 'stitched' }),
      runOf('Buy', { engine: undefined, cache: 'hit' }, 'mutation'),
    ]) {
      const other = begin();
      other.runs.push(run);
      end(other);
    }
    const { value } = readNow(metrics);
    const name = 'weft_graphql_operation_duration_seconds_count';
    const shop = { graphql_operation_name: 'Shop', graphql_operation_type: 'query' };
    assert.equal(value(name, { ...shop, outcome: 'ok' }), 1);
    assert.equal(value(name, { ...shop, outcome: 'upstream_error' }), 1);
    assert.equal(value(name, { graphql_operation_name: 'anonymous' }), 1);
    assert.equal(value(name, { graphql_operation_name: 'Buy', graphql_operation_type: 'mutation' }), 1);
    const engines = ['compiled', 'stitched', 'none'].map((engine) =>
      value('weft_graphql_operations_total', { engine }),
    );
    assert.deepEqual(engines, [2, 1, 1]);
    assert.equal(value('weft_graphql_plan_lookups_total', { outcome: 'miss' }), 1);
    assert.equal(value('weft_graphql_plan_lookups_total', { outcome: 'hit' }), 1);
    assert.equal(value('weft_graphql_plan_duration_seconds_sum'), 0.004);
    assert.equal(value('weft_graphql_operation_cost_sum', { cost: 'estimated' }), 60);
    assert.equal(value('weft_graphql_operation_cost_sum', { cost: 'actual' }), 12);
    assert.equal(value('weft_graphql_parse_duration_seconds_sum'), 0.001);
    assert.equal(value('weft_graphql_validate_duration_seconds_sum'), 0.002);
    assert.equal(value('weft_cache_lookups_total', { cache: 'answer', outcome: 'miss' }), 1);
    assert.equal(value('weft_cache_lookups_total', { cache: 'answer', outcome: 'hit' }), 1);
    const errors = { graphql_operation_name: 'Shop', code: 'UPSTREAM_FAILED' };
    assert.equal(value('weft_graphql_operation_errors_total', errors), 1);
  });

  test('the errors of an HTTP batch are of none of its operations', (t) => {
    const metrics = startTestMetrics(t);
    const record = begin();
    record.runs.push(runOf('One'), runOf('Two'));
    record.addError('UPSTREAM_FAILED', 'users');
    end(record, { batchSize: 2 });
    const { value } = readNow(metrics);
    assert.equal(value('weft_graphql_operation_errors_total', { graphql_operation_name: '_batch' }), 1);
    assert.equal(value('weft_graphql_operation_errors_total'), 1);
    assert.equal(value('weft_graphql_batch_size_sum'), 2);
    assert.equal(value('weft_graphql_operations_total'), 2);
  });

  test('a subscription, which lasts as long as its client wishes, has a lane of its own', (t) => {
    const metrics = startTestMetrics(t);
    const record = begin();
    record.runs.push(runOf('Watch', {}, 'subscription'));
    end(record, {}, 3_600_000);
    const { value } = readNow(metrics);
    assert.equal(value(`${duration}_count`, { lane: 'subscription' }), 1);
    assert.equal(value(`${duration}_count`, { lane: 'graphql' }), 0);
  });
});

describe('upstream calls', () => {
  test('a call is counted by upstream, method, status and error, with its waiting, retries, batch and sizes', (t) => {
    const metrics = startTestMetrics(t);
    makeCall({ batch: 30, attempts: 3, requestBytes: 200, responseBytes: 900 }, 8);
    makeCall({ upstream: 'orders', kind: 'rest', method: 'GET', status: 0, error: 'UPSTREAM_TIMEOUT', sentAt: 0 }, 900);
    const { value } = readNow(metrics);
    const name = 'http_client_request_duration_seconds';
    const users = { upstream: 'users', http_request_method: 'POST', http_response_status_code: '200', error_type: '' };
    assert.equal(value(`${name}_sum`, users), 0.008);
    const orders = { upstream: 'orders', http_response_status_code: '', error_type: 'UPSTREAM_TIMEOUT' };
    assert.equal(value(`${name}_count`, orders), 1);
    makeCall({ status: 503 });
    makeCall({ status: 404 });
    const typeOf = (status: string): readonly (string | undefined)[] =>
      readNow(metrics)
        .samples(`${name}_count`, { http_response_status_code: status })
        .map(({ labels }) => labels['error_type']);
    assert.deepEqual([typeOf('503'), typeOf('404')], [['503'], [undefined]]);
    assert.equal(value('weft_upstream_retries_total', { upstream: 'users' }), 2);
    assert.equal(value('weft_upstream_batch_size_sum', { upstream: 'users' }), 30);
    assert.equal(value('http_client_request_body_size_bytes_sum', { upstream: 'users' }), 200);
    assert.equal(value('http_client_response_body_size_bytes_sum', { upstream: 'users' }), 900);
    assert.equal(value('weft_upstream_wait_duration_seconds_sum', { upstream: 'users' }), 0.001);
    assert.equal(value('weft_upstream_wait_duration_seconds_count', { upstream: 'orders' }), 0);
  });

  test('a call is counted once: with its request, or alone where that does not tell of it', (t) => {
    const metrics = startTestMetrics(t);
    const record = begin();
    const endedAt = record.startedAt + 1;
    const outliving = callOf();
    record.calls.push(callOf({ endedAt }), callOf({ endedAt, isDetached: true }), outliving);
    end(record);
    const count = (): readonly number[] => {
      const { value } = readNow(metrics);
      return [value('http_client_request_duration_seconds_count'), value('weft_upstream_calls_total')];
    };
    assert.deepEqual(count(), [1, 1]);
    outliving.endedAt = endedAt + 10;
    outliving.isDetached = true;
    publishDetachedCall(outliving);
    assert.deepEqual(count(), [2, 2]);
  });

  test('what was shared or kept is counted as such, and not as a call that was sent', (t) => {
    const metrics = startTestMetrics(t);
    for (const source of ['upstream', 'shared', 'shared', 'cache', 'revalidated'] as const) makeCall({ source });
    for (const cache of ['hit', 'miss', 'miss', 'revalidated'] as const) makeCall({ cache, upstream: 'other' });
    const { value } = readNow(metrics);
    const calls = (source: string): number => value('weft_upstream_calls_total', { upstream: 'users', source });
    assert.deepEqual(['upstream', 'shared', 'cache', 'revalidated'].map(calls), [1, 2, 1, 1]);
    assert.equal(value('http_client_request_duration_seconds_count', { upstream: 'users' }), 2);
    assert.equal(value('weft_cache_lookups_total', { cache: 'call', outcome: 'hit' }), 1);
    assert.equal(value('weft_cache_lookups_total', { cache: 'call', outcome: 'miss' }), 2);
    assert.equal(value('weft_cache_lookups_total', { cache: 'call', outcome: 'revalidated' }), 1);
  });
});

test('limits, internal errors and notices are counted', (t) => {
  const metrics = startTestMetrics(t);
  publishLimit(() => ({ limit: 'per-minute', outcome: 'refused', tier: 'free', requestId: 'r' }));
  publishLimit(() => ({ limit: 'per-minute', outcome: 'measured', requestId: 'r' }));
  publishInternalError({ error: new GatewayError('UPSTREAM_FAILED', 'users: secret'), requestId: 'r' });
  publishInternalError({ error: new TypeError('secret'), requestId: 'r' });
  publishNotice({ level: 'warn', message: 'secret' });
  const { value } = readNow(metrics);
  assert.equal(value('weft_limit_hits_total', { limit: 'per-minute', tier: 'free', outcome: 'refused' }), 1);
  assert.equal(value('weft_limit_hits_total', { limit: 'per-minute', tier: '', outcome: 'measured' }), 1);
  assert.equal(value('weft_internal_errors_total', { code: 'UPSTREAM_FAILED' }), 1);
  assert.equal(value('weft_internal_errors_total', { code: 'INTERNAL_ERROR' }), 1);
  assert.equal(value('weft_notices_total', { level: 'warn' }), 1);
  assert.doesNotMatch(metrics.text().text, /secret/);
});

test('a stopped listener counts no more', async (t) => {
  const metrics = startTestMetrics(t);
  end(begin());
  await metrics.stop();
  end(begin());
  makeCall();
  const { value } = readNow(metrics);
  assert.equal(value(`${duration}_count`), 1);
  assert.equal(value('weft_upstream_calls_total'), 0);
});

test('figures are read anew each time', (t) => {
  let connections = 1;
  const metrics = startMetrics(config, { ...options, figures: () => ({ ...figures, connections }) });
  t.after(() => metrics.stop());
  assert.equal(readNow(metrics).value('weft_listener_connections'), 1);
  connections = 5;
  const { value, samples } = readNow(metrics);
  assert.equal(value('weft_listener_connections'), 5);
  assert.equal(samples('weft_listener_connections').length, 1);
  assert.equal(value('http_client_active_requests', { upstream: 'users' }), 4);
  assert.equal(value('weft_upstream_schema', { upstream: 'users', state: 'last-good' }), 1);
  assert.equal(value('weft_upstream_schema', { upstream: 'users', state: 'live' }), 0);
  assert.equal(value('weft_upstream_pool_requests', { target: 'http://users:80', state: 'queued' }), 2);
});

test('figures that cannot be had hide no other metric, and the log is told', (t) => {
  const failing = (): never => {
    throw new Error('no figures');
  };
  const metrics = startMetrics(config, { ...options, figures: failing });
  t.after(() => metrics.stop());
  end(begin());
  const { value } = readNow(metrics);
  assert.equal(value(`${duration}_count`), 1);
  assert.equal(value('weft_internal_errors_total', { code: 'INTERNAL_ERROR' }), 1);
});

/** One of each thing that can happen. */
function letAllHappen(): void {
  const record = begin();
  record.addError('CREDENTIALS_EXPIRED', undefined);
  const planned = { planMs: 1, estimatedCost: 5, actualCost: 3, cache: 'hit' } as const;
  record.runs.push(runOf('Shop', planned));
  record.calls.push(makeCall({ attempts: 2, requestBytes: 1, responseBytes: 1, startedAt: record.startedAt }));
  end(record, { requestBytes: 1, responseBytes: 1, batchSize: 1, authenticationMs: 1, parseMs: 1, validateMs: 1 });
  end(begin(), { served: 'rest', cache: 'stale' });
  end(begin(), { served: 'probe' });
  publishLimit(() => ({ limit: 'depth', outcome: 'refused', requestId: 'r' }));
  publishInternalError({ error: new Error('any'), requestId: undefined });
  publishNotice({ level: 'info', message: 'any' });
  publishLostLines({ lines: 2 });
}

test('each metric that is defined has a sample, with the labels that are defined, and none has another', (t) => {
  const metrics = startTestMetrics(t, { maxSeries: 1 });
  letAllHappen();
  const push = new Set([prometheusName(definitions.exports)]);
  const families = parseMetrics(metrics.text().text, 'prometheus');
  const known = Object.values(definitions).map((definition) => [prometheusName(definition), definition] as const);
  const names = known.map(([name]) => name).filter((name) => !push.has(name));
  assert.deepEqual([...families.keys()].toSorted(), names.toSorted());
  for (const [name, { labels }] of known) {
    const byName = new Map(labels.map((label) => [labelName(label), label.values]));
    for (const { labels: given } of families.get(name)?.samples ?? []) {
      for (const [label, value] of Object.entries(given)) {
        if (label === 'le') continue;
        assert.ok(byName.has(label), `${name} has no label ${label}`);
        const values = byName.get(label);
        if (values) assert.ok(values.includes(value), `${name}: ${label} cannot be ${value}`);
      }
    }
  }
});
