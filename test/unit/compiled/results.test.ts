import assert from 'node:assert/strict';
import { test } from 'node:test';
import { GraphQLError } from 'graphql';
import { asGraphqlError } from '../../../src/compiled/results.ts';
import { GatewayError } from '../../../src/errors.ts';

test('an error of the answer is a GraphQLError to all who read it', () => {
  const error = new GatewayError('UPSTREAM_FAILED', 'status 500');
  for (const path of [['a', 0, 'b'], []]) {
    const made = asGraphqlError({ path, error });
    const usual = new GraphQLError(error.publicMessage, { originalError: error, ...(path.length > 0 && { path }) });
    assert.ok(made instanceof GraphQLError && made instanceof Error);
    assert.deepEqual(made.toJSON(), usual.toJSON());
    assert.deepEqual([made.path, made.originalError, made.name], [usual.path, usual.originalError, usual.name]);
    assert.equal(String(made), String(usual));
  }
});
