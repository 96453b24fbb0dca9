import { readFile } from 'node:fs/promises';
import { createMonolith } from '../test/support/monolith.ts';
import { createShopMonolith } from './shop/schema.ts';
import type { Exchange, GraphqlRequest, Scenario, SetName } from './types.ts';

const read = (path: string): Promise<string> => readFile(new URL(path, import.meta.url), 'utf8');

/** All scenarios, in the order in which they are reported. */
export async function loadScenarios(): Promise<readonly Scenario[]> {
  const shop = (name: string, requests: readonly GraphqlRequest[]): Scenario => ({ name, set: 'shop', requests });
  return [
    shop('heavy', [{ query: await read('scenarios/heavy.graphql') }]),
    shop('hop2', [{ query: await read('scenarios/hop2.graphql') }]),
    shop('hop2-vars', [{ query: await read('scenarios/hop2-vars.graphql'), variables: { first: 10, offset: 40 } }]),
    shop('tiny', [{ query: await read('scenarios/tiny.graphql') }]),
    shop('distinct', distinctRequests(500)),
    { name: 'dashboard', set: 'demo', requests: [{ query: await read('../schema/operations/dashboard.graphql') }] },
  ];
}

const pages = 200;
const optional = ['grams', 'inStock', 'shippingCents', 'weight: grams', 'price: cents'];

/**
 * Queries like `hop2`, no two of which are equal. Neighbours ask for other pages, so their upstream calls differ too:
 * with fewer than 200 requests under way at a time, no two calls can be shared.
 *
 * @param count an integer above 0; up to 6400 are distinct.
 */
export function distinctRequests(count: number): readonly GraphqlRequest[] {
  return Array.from({ length: count }, (_, index) => {
    const variant = Math.floor(index / pages);
    const fields = optional.filter((_name, bit) => (variant >> bit) & 1).join(' ');
    const list = `products(first: 10, offset: ${index % pages})`;
    return { query: `{ ${list} { sku title ${fields} reviews { id text } } }` };
  });
}

/** Runs requests on one graphql-js schema over the same data as the set's upstreams. */
const monoliths: Readonly<Record<SetName, () => (request: GraphqlRequest) => Promise<unknown>>> = {
  shop: createShopMonolith,
  demo: () => {
    const { execute } = createMonolith();
    return ({ query, variables }) => execute(query, { ...variables });
  },
};

/**
 * The scenario's requests with their right answers.
 *
 * @throws {Error} where the monolith itself answers with errors.
 */
export async function exchangesOf({ name, set, requests }: Scenario): Promise<readonly Exchange[]> {
  const run = monoliths[set]();
  return Promise.all(
    requests.map(async (request) => {
      const expected = JSON.parse(JSON.stringify(await run(request))) as { readonly errors?: unknown };
      if (expected.errors) throw new Error(`scenario ${name} is wrong: ${JSON.stringify(expected.errors)}`);
      return { body: JSON.stringify(request), expected };
    }),
  );
}
