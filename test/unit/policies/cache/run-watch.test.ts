import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { anonymous, type Caller } from '../../../../src/identity/caller.ts';
import { detachedScope, Watch } from '../../../../src/policies/cache/run-watch.ts';
import { fieldContext } from '../../../../src/upstream/facade/rest/field-context.ts';
import { compileHeaderRules, upstreamHeaders } from '../../../../src/upstream/request-headers.ts';
import { createRequestScope } from '../../../../src/upstream/scope.ts';
import type { RequestScope } from '../../../../src/upstream/types.ts';
import { createVaryOf } from '../../../../src/upstream/vary.ts';

const language = compileHeaderRules({ 'x-language': { from: 'client', header: 'accept-language' } });
const tenant = compileHeaderRules({ 'x-tenant': { from: 'claims', claim: 'tenant' } });
const fixed = compileHeaderRules({ 'x-key': { from: 'value', value: 'k' } });
const varyOf = createVaryOf({
  rules: new Map([
    ['people', language],
    ['shop', tenant],
    ['news', fixed],
  ]),
  callsOthers: new Set(['gateway']),
});

const alice: Caller = { ...anonymous, isKnown: true, id: 'alice', claims: { tenant: 't1' } };

function watching(given: { readonly isPrivate?: boolean; readonly upstreams?: readonly string[] } = {}): {
  readonly watch: Watch;
  readonly scope: RequestScope;
} {
  const { isPrivate = false, upstreams = ['people'] } = given;
  const watch = new Watch({ vary: varyOf(new Set(upstreams)), isPrivate, obeysUpstreams: true });
  const own = createRequestScope({
    headers: { 'accept-language': 'de' },
    signal: new AbortController().signal,
    responseHeaderRules: { 'x-from': 'append' },
    caller: alice,
  });
  return { watch, scope: detachedScope(own, watch, new AbortController().signal) };
}

describe('an answer is not kept', () => {
  test('where a call takes along what the key does not tell', () => {
    const { watch, scope } = watching();
    upstreamHeaders(language, scope);
    upstreamHeaders(fixed, scope);
    assert.equal(watch.mayKeep, true);
    upstreamHeaders(tenant, scope);
    assert.equal(watch.mayKeep, false);
  });

  test('where a resolver function looked at the caller, whose answer it is not', () => {
    const { watch, scope } = watching();
    const context = fieldContext(scope, () => undefined);
    assert.equal(watch.mayKeep, true);
    assert.equal(context.caller.id, 'alice');
    assert.equal(watch.mayKeep, false);
  });

  test('where it looked at the claims, whoever it is for', () => {
    const { watch, scope } = watching({ isPrivate: true });
    const { caller } = fieldContext(scope, () => undefined);
    assert.deepEqual([caller.id, caller.isKnown, watch.mayKeep], ['alice', true, true]);
    assert.equal(caller.claims['tenant'], 't1');
    assert.equal(watch.mayKeep, false);
  });
});

describe('how long upstreams let it be kept', () => {
  const cases: readonly (readonly [fields: Record<string, string | string[]>[], freshMs: number])[] = [
    [[{}], Infinity],
    [[{ 'cache-control': 'public' }], Infinity],
    [[{ 'cache-control': 'max-age=60' }, { 'cache-control': 'max-age=20' }, {}], 20_000],
    [[{ 'cache-control': 'max-age=60', age: '15' }], 45_000],
    [[{ 'cache-control': ['max-age=60', 's-maxage=30'] }], 30_000],
    [[{ 'cache-control': 'max-age=10', age: '15' }], 0],
    [[{ 'cache-control': 'max-age=60, no-cache' }], 0],
    [[{ 'cache-control': 'max-age=soon' }], 0],
  ];
  for (const [answers, freshMs] of cases) {
    test(`${JSON.stringify(answers)}: ${freshMs} ms`, () => {
      const { watch, scope } = watching();
      for (const headers of answers) scope.responseHeaders.collect(headers);
      assert.equal(watch.freshMs, freshMs);
      assert.equal(watch.mayKeep, true);
    });
  }
});

test('a detached run has values, limits and headers of its own', () => {
  const limits = {
    chargeOperation: () => assert.fail(),
    chargeRest: () => assert.fail(),
    expectOperations: () => {},
    setField: () => {},
  };
  const own = createRequestScope({
    ...{ headers: {}, signal: AbortSignal.abort(), responseHeaderRules: { 'x-from': 'append' } as const, limits },
  });
  const key = {};
  own.once(key, () => 'own');
  const watch = new Watch({ vary: varyOf(undefined), isPrivate: false, obeysUpstreams: true });
  const scope = detachedScope(own, watch, new AbortController().signal);
  scope.responseHeaders.collect({ 'x-from': 'a' });
  assert.deepEqual(own.responseHeaders.entries(), []);
  assert.deepEqual(scope.responseHeaders.entries(), [['x-from', 'a']]);
  assert.deepEqual([scope.limits, scope.signal.aborted, scope.once(key, () => 'other')], [undefined, false, 'other']);
  assert.equal(scope.requestId, own.requestId);
});
