import assert from 'node:assert/strict';
import { test } from 'node:test';
import { buildSchema, GraphQLObjectType } from 'graphql';
import { GatewayError } from '../../src/errors.ts';
import type { GraphqlContext } from '../../src/server/graphql-server.ts';
import { serveSchema } from '../support/serve-schema.ts';

const rules = { 'cache-control': 'most-restrictive' } as const;

/** Each field is filled by an upstream answer that caches may keep; `broken` fails after it. */
function cacheableSchema() {
  const schema = buildSchema('type Query { fine: String broken: String }');
  const query = schema.getQueryType();
  assert.ok(query instanceof GraphQLObjectType);
  for (const field of Object.values(query.getFields())) {
    field.resolve = (_root, _args, context) => {
      (context as GraphqlContext).scope.responseHeaders.collect({ 'cache-control': 'public, max-age=60' });
      if (field.name === 'broken') throw new GatewayError('UPSTREAM_FAILED', 'status 500');
      return 'yes';
    };
  }
  return schema;
}

test('an answer with errors is not to be kept by any cache, whatever its upstreams allow', async () => {
  await using served = await serveSchema(cacheableSchema(), { responseHeaderRules: rules });
  const cacheControl = async (query: string) => {
    const response = await fetch(`${served.endpoint}?query=${encodeURIComponent(query)}`);
    return response.headers.get('cache-control');
  };
  assert.equal(await cacheControl('{ fine }'), 'public, max-age=60');
  assert.match((await cacheControl('{ fine broken }')) ?? '', /no-store/);
});
