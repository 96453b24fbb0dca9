import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { HeaderRule } from '../../../src/config/types.ts';
import { anonymous } from '../../../src/identity/caller.ts';
import { compileHeaderRules } from '../../../src/upstream/request-headers.ts';
import { createRequestScope, type ScopeOptions } from '../../../src/upstream/scope.ts';
import { createVaryOf, type VaryOf } from '../../../src/upstream/vary.ts';

function varying(rules: Record<string, Record<string, HeaderRule>>, callsOthers: readonly string[] = []): VaryOf {
  return createVaryOf({
    rules: new Map(Object.entries(rules).map(([name, each]) => [name, compileHeaderRules(each)])),
    callsOthers: new Set(callsOthers),
  });
}

function scopeOf(given: Partial<ScopeOptions>) {
  return createRequestScope({
    ...{ headers: {}, signal: new AbortController().signal, responseHeaderRules: {} },
    ...given,
  });
}

const rules = {
  people: { 'x-language': { from: 'client', header: 'accept-language' }, cookie: { from: 'client', header: 'cookie' } },
  shop: { 'x-tenant': { from: 'claims', claim: 'tenant' }, 'x-id': { from: 'caller', fact: 'id' } },
  news: { 'x-key': { from: 'value', value: 'secret' } },
} as const;

test('only what goes to those that take part tells callers apart', () => {
  const varyOf = varying(rules);
  const people = varyOf(new Set(['people', 'news']));
  const [de, fr] = ['de', 'fr'].map((language) => scopeOf({ headers: { 'accept-language': language } }));
  assert.ok(de && fr);
  assert.notEqual(people.valueOf(de), people.valueOf(fr));
  const shop = varyOf(new Set(['shop']));
  assert.equal(shop.valueOf(de), shop.valueOf(fr));
  assert.notEqual(
    shop.valueOf(scopeOf({ caller: { ...anonymous, claims: { tenant: 'a' } } })),
    shop.valueOf(scopeOf({ caller: { ...anonymous, claims: { tenant: 'b' } } })),
  );
  assert.notEqual(shop.valueOf(scopeOf({ caller: { ...anonymous, id: 'a' } })), shop.valueOf(scopeOf({})));
  assert.deepEqual([people.clientHeaders, people.takesCaller], [['accept-language', 'cookie'], false]);
  assert.deepEqual([shop.clientHeaders, shop.takesCaller], [[], true]);
});

test('where no rule takes anything, all callers are one', () => {
  const vary = varying(rules)(new Set(['news']));
  assert.equal(vary.valueOf(scopeOf({ headers: { cookie: 'a=b', 'x-request-id': '1' } })), '');
});

test('request ids and traces tell nobody apart', () => {
  const vary = varying(rules)(undefined);
  const [a, b] = ['1', '2'].map((id) => scopeOf({ headers: { tracestate: id }, requestId: id }));
  assert.ok(a && b);
  assert.equal(vary.valueOf(a), vary.valueOf(b));
});

test('what is hidden from upstreams, or nominated for the connection, does not tell callers apart', () => {
  const vary = varying(rules)(undefined);
  const hidden = { headers: [], cookies: ['session'], queryParameters: [] };
  const [a, b] = ['1', '2'].map((id) => scopeOf({ headers: { cookie: `session=${id}; theme=dark` }, hidden }));
  assert.ok(a && b);
  assert.equal(vary.valueOf(a), vary.valueOf(b));
  const nominated = scopeOf({ headers: { 'accept-language': 'de', connection: 'accept-language' } });
  assert.equal(vary.valueOf(nominated), vary.valueOf(scopeOf({})));
});

test('where one that takes part may call any other, all count', () => {
  const varyOf = varying(rules, ['news']);
  const [de, fr] = ['de', 'fr'].map((language) => scopeOf({ headers: { 'accept-language': language } }));
  assert.ok(de && fr);
  const vary = varyOf(new Set(['news']));
  assert.notEqual(vary.valueOf(de), vary.valueOf(fr));
});
