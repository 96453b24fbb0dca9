import assert from 'node:assert/strict';
import { test } from 'node:test';
import { buildSchema, parse, type ExecutionResult } from 'graphql';
import { subscribeStitched } from '../../../src/stitched/execute.ts';
import { createRequestScope } from '../../../src/upstream/scope.ts';
import type { RequestScope } from '../../../src/upstream/types.ts';
import { recorded } from '../../support/recorded.ts';

const schema = buildSchema('type Query { a: Int } type Subscription { ticks: Int }');

/** Runs a subscription of two events, and gives the scope that each was run in. */
async function scopesOfEvents(scope: RequestScope): Promise<readonly RequestScope[]> {
  const scopes: RequestScope[] = [];
  const field = schema.getSubscriptionType()?.getFields()['ticks'];
  assert.ok(field);
  field.subscribe = async function* subscribe() {
    yield* [1, 2];
  };
  field.resolve = (event: number, _values, context: { readonly scope: RequestScope }) => {
    scopes.push(context.scope);
    return event;
  };
  const results = await subscribeStitched({
    schema,
    document: parse('subscription { ticks }'),
    contextValue: { scope },
  });
  assert.ok(Symbol.asyncIterator in results);
  const told: ExecutionResult[] = [];
  for await (const result of results) told.push(result);
  assert.deepEqual(
    told.map(({ data }) => data?.['ticks']),
    [1, 2],
  );
  return scopes;
}

test('events of a subscription share what is of their request, and nothing that was read for one of them', async () => {
  const { scope } = recorded();
  const scopes = await scopesOfEvents(scope);
  for (const of of scopes) {
    const { once: _once, responseHeaders: _headers, ...shared } = of;
    const { once: _, responseHeaders: __, ...own } = scope;
    assert.deepEqual(Object.entries(shared), Object.entries(own));
  }
  const key = {};
  const made = [scope, ...scopes].map(({ once }) => once(key, () => ({})));
  assert.equal(new Set(made).size, 3);
});

test('headers that upstreams send for an event are not gathered for as long as the subscription lasts', async () => {
  const scope = createRequestScope({
    headers: {},
    signal: new AbortController().signal,
    responseHeaderRules: { 'set-cookie': 'append' },
  });
  for (const { responseHeaders } of await scopesOfEvents(scope)) {
    responseHeaders.collect({ 'set-cookie': ['a=1'] });
    assert.equal(responseHeaders.entries().length, 1);
  }
  assert.deepEqual(scope.responseHeaders.entries(), []);
});

test('a subscription that cannot begin says why, and has no events', async () => {
  const document = parse('subscription { unknown }');
  const result = await subscribeStitched({ schema, document, contextValue: { scope: recorded().scope } });
  assert.ok(!(Symbol.asyncIterator in result));
  assert.equal(result.errors?.length, 1);
});
