import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { parse, validate, type GraphQLArgument } from 'graphql';
import type { Random } from '../../upstreams/demo/random.ts';
import { createMonolith } from '../support/monolith.ts';
import { randomQuery } from '../support/random-query.ts';
import { engines, startGateway, type TestGateway } from '../support/start-gateway.ts';

const count = Number(process.env['RANDOM_QUERIES'] ?? 150);
const firstSeed = Number(process.env['RANDOM_SEED'] ?? 1);

const highestIds: Readonly<Record<string, number>> = { user: 200, dashboard: 200, order: 5000, review: 20_000 };

/** Small lists; one id in ten is unknown. */
function argument({ name }: GraphQLArgument, field: string, random: Random): string {
  // A dashboard is made for any id: see `users that no upstream knows` among the hand-written queries.
  const highest = highestIds[field] ?? 1000;
  const unknown = field === 'dashboard' ? 0 : Math.ceil(highest / 10);
  const id = (): string => JSON.stringify(String(random.between(1, highest + unknown)));
  switch (name) {
    case 'ids':
      return `[${Array.from({ length: random.between(0, 4) }, id).join(', ')}]`;
    case 'first':
    case 'limit':
      return String(random.between(1, 3));
    case 'page':
      return String(random.between(1, 11));
    case 'status':
      return random.pick(['active', 'invited', 'suspended']);
    case 'text':
      return JSON.stringify(random.pick(['tent', 'kit', 'garden', 'zzz', 'Plain K']));
    default:
      return id();
  }
}

for (const engine of engines) {
  describe(`random queries on the ${engine} engine`, () => {
    const { schema, execute } = createMonolith();
    let gateway: TestGateway;
    before(async () => {
      gateway = await startGateway({ gateway: { engine } });
    });
    after(async () => gateway.close());

    test(`${count} of them get the monolith's answers`, async () => {
      for (let seed = firstSeed; seed < firstSeed + count; seed += 1) {
        const { text, variables } = randomQuery(schema, { seed, depth: 2 + (seed % 4), argument });
        const told = `RANDOM_SEED=${seed} RANDOM_QUERIES=1\n${text}\n${JSON.stringify(variables)}`;
        assert.deepEqual(validate(schema, parse(text)), [], told);
        const { data, errors } = await gateway.query(text, variables);
        const expected = await execute(text, variables);
        assert.deepEqual(errors, [], told);
        assert.deepEqual(data, JSON.parse(JSON.stringify(expected.data)), told);
      }
    });
  });
}
