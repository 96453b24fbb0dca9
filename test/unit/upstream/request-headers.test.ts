import assert from 'node:assert/strict';
import type { IncomingHttpHeaders } from 'node:http';
import { describe, test } from 'node:test';
import type { HeaderRule } from '../../../src/config/types.ts';
import { anonymous, type Caller } from '../../../src/identity/caller.ts';
import { compileHeaderRules, upstreamHeaders } from '../../../src/upstream/request-headers.ts';
import { createRequestScope } from '../../../src/upstream/scope.ts';
import type { RequestScope } from '../../../src/upstream/types.ts';

function scopeOf(headers: IncomingHttpHeaders = {}, claims: Record<string, unknown> = {}): RequestScope {
  const { signal } = new AbortController();
  return createRequestScope({ headers, signal, responseHeaderRules: {}, caller: { ...anonymous, claims } });
}

/** What goes upstream besides the two headers that always do. */
function sent(
  rules: Record<string, HeaderRule>,
  client: IncomingHttpHeaders = {},
  claims: Record<string, unknown> = {},
): Record<string, string> {
  const {
    'x-request-id': id,
    traceparent,
    ...rest
  } = upstreamHeaders(compileHeaderRules(rules), scopeOf(client, claims));
  assert.ok(id);
  assert.ok(traceparent);
  return rest;
}

describe('headers to an upstream', () => {
  test('nothing of the client passes that no rule names', () => {
    assert.deepEqual(sent({}, { authorization: 'Bearer a', cookie: 'b', 'x-user-id': '1', accept: '*/*' }), {});
  });

  test('x-request-id and traceparent always go', () => {
    const scope = scopeOf({ 'x-request-id': 'req-1' });
    const headers = upstreamHeaders(compileHeaderRules({}), scope);
    assert.deepEqual(headers, { 'x-request-id': 'req-1', ...scope.trace.fields });
  });

  test('tracestate goes with a valid traceparent only, in the same trace', () => {
    const traceparent = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';
    assert.deepEqual(sent({}, { traceparent, tracestate: 'a=1' }), { tracestate: 'a=1' });
    assert.deepEqual(sent({}, { traceparent: 'wrong', tracestate: 'a=1' }), {});
    assert.deepEqual(sent({}, { tracestate: 'a=1' }), {});
  });

  test('a fixed value, a header of the client and a claim go by rule', () => {
    const rules: Record<string, HeaderRule> = {
      'X-Api-Key': { from: 'value', value: 'secret' },
      authorization: { from: 'client', header: 'Authorization' },
      'x-tenant': { from: 'client', header: 'x-org' },
      'x-user-id': { from: 'claims', claim: 'sub' },
      'x-roles': { from: 'claims', claim: 'realm.roles' },
    };
    const client = { authorization: 'Bearer a', 'x-org': 'acme' };
    assert.deepEqual(sent(rules, client, { sub: 7, realm: { roles: ['a', 'b'] } }), {
      'x-api-key': 'secret',
      authorization: 'Bearer a',
      'x-tenant': 'acme',
      'x-user-id': '7',
      'x-roles': 'a,b',
    });
  });

  test("the client's copy of a header set by claim or value is never used", () => {
    const rules: Record<string, HeaderRule> = {
      'x-user-id': { from: 'claims', claim: 'sub' },
      'x-api-key': { from: 'value', value: 'secret' },
    };
    const forged = { 'x-user-id': 'admin', 'x-api-key': 'forged' };
    assert.deepEqual(sent(rules, forged), { 'x-api-key': 'secret' });
    assert.deepEqual(sent(rules, forged, { sub: 'ann' }), { 'x-user-id': 'ann', 'x-api-key': 'secret' });
  });

  test('a header that the client nominates in connection does not pass', () => {
    const rules: Record<string, HeaderRule> = { authorization: { from: 'client', header: 'authorization' } };
    assert.deepEqual(sent(rules, { authorization: 'a', connection: 'keep-alive, Authorization' }), {});
  });

  test('what is known of a caller beside the claims goes by its name, and nothing where it is not known', () => {
    const rules = compileHeaderRules({
      'x-tier': { from: 'caller', fact: 'tier' },
      'x-scopes': { from: 'caller', fact: 'scopes' },
      'x-roles': { from: 'caller', fact: 'roles' },
    });
    const { signal } = new AbortController();
    const headersOf = (caller: Caller): Record<string, string> =>
      upstreamHeaders(
        rules,
        createRequestScope({ headers: { 'x-tier': 'gold' }, signal, responseHeaderRules: {}, caller }),
      );
    const known = headersOf({ ...anonymous, isKnown: true, tier: 'pro', scopes: new Set(['a', 'b']) });
    assert.equal(known['x-tier'], 'pro');
    assert.equal(known['x-scopes'], 'a b');
    assert.equal(known['x-roles'], undefined);
    assert.equal(headersOf(anonymous)['x-tier'], undefined);
  });

  test('a claim is found by its whole name before its dotted path, and never in what objects inherit', () => {
    const rules: Record<string, HeaderRule> = { 'x-a': { from: 'claims', claim: 'https://a.example/roles' } };
    assert.deepEqual(sent(rules, {}, { 'https://a.example/roles': 'x' }), { 'x-a': 'x' });
    const inherited: unknown = Object.create({ admin: 'yes' });
    assert.deepEqual(sent({ 'x-a': { from: 'claims', claim: 'realm.admin' } }, {}, { realm: inherited }), {});
    assert.deepEqual(sent({ 'x-a': { from: 'claims', claim: 'constructor.name' } }, {}, {}), {});
  });

  test('a claim that is no plain text is not sent', () => {
    const rules: Record<string, HeaderRule> = { 'x-a': { from: 'claims', claim: 'a' } };
    for (const a of ['a\r\nx-admin: 1', 'a\nb', 'a\0', '\u674e', { b: 1 }, null, ['a,b', 'c'], ['a', {}]]) {
      assert.deepEqual(sent(rules, {}, { a }), {}, JSON.stringify(a));
    }
  });

  test('what the gateway itself adds wins over a rule', () => {
    const rules = compileHeaderRules({ 'content-type': { from: 'client', header: 'content-type' } });
    const headers = upstreamHeaders(rules, scopeOf({ 'content-type': 'text/plain' }), {
      'content-type': 'application/json',
    });
    assert.equal(headers['content-type'], 'application/json');
  });

  test('a rule that could not work is refused', () => {
    const client: HeaderRule = { from: 'client', header: 'x-a' };
    const wrong: [Record<string, HeaderRule>, string][] = [
      [{ 'x a': client }, 'header "x a": is not a header name'],
      [
        { 'x-a': { from: 'value', value: 'a\r\nb' } },
        'header "x-a": has a value with characters that no header may have',
      ],
      [{ connection: client }, 'header "connection": "connection" is of one connection or one body and never passes'],
      [
        { 'x-a': { from: 'client', header: 'Transfer-Encoding' } },
        'header "x-a": "transfer-encoding" is of one connection or one body and never passes',
      ],
      [{ host: client }, 'header "host": must not come from the client, who would choose the server by it'],
      [{ 'x-request-id': client }, 'header "x-request-id": is always sent and takes no rule'],
      [{ 'x-a': client, 'X-A': client }, 'header "X-A": is given twice'],
    ];
    for (const [rules, message] of wrong) {
      assert.throws(() => compileHeaderRules(rules), { code: 'CONFIGURATION_INVALID', message });
    }
  });
});

describe('request scope', () => {
  test('one value is made per key', () => {
    const scope = scopeOf();
    const [a, b] = [{}, {}];
    let made = 0;
    const make = (): number => (made += 1);
    assert.deepEqual([scope.once(a, make), scope.once(a, make), scope.once(b, make)], [1, 1, 2]);
  });

  test('a value of undefined is made once, too', () => {
    const scope = scopeOf();
    const key = {};
    let made = 0;
    for (let time = 0; time < 2; time += 1) scope.once(key, () => void (made += 1));
    assert.equal(made, 1);
  });
});
