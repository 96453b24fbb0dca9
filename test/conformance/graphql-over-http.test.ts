import assert from 'node:assert/strict';
import { after, describe, test } from 'node:test';
import { buildSchema } from 'graphql';
import { serverAudits } from 'graphql-http';
import { serveSchema } from '../support/serve-schema.ts';

/** Audits that are known to fail, by id, with the reason. The run fails where one of them passes. */
const knownGaps: Readonly<Record<string, string>> = {};

const server = await serveSchema(buildSchema('type Query { hello: String } type Mutation { greet: String }'));
after(() => server.close());

const audits = serverAudits({ url: server.endpoint });

describe('GraphQL over HTTP, as audited by graphql-http', () => {
  for (const { id, name, fn } of audits) {
    test(`${id} ${name}`, async () => {
      const result = await fn();
      const failure = result.status === 'ok' ? undefined : result.reason;
      if (id in knownGaps) assert.notEqual(failure, undefined, `${id} passes now: take it off the list of known gaps`);
      else assert.equal(failure, undefined);
    });
  }

  test('every known gap names an audit', () => {
    const ids = new Set(audits.map(({ id }) => id));
    assert.deepEqual(
      Object.keys(knownGaps).filter((id) => !ids.has(id)),
      [],
    );
  });

  test('the audits are the ones that were looked at', () => {
    assert.equal(audits.length, 61);
  });
});
