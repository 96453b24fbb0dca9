import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { CacheStore } from '../../src/cache/types.ts';
import { ResponseHeaders } from '../../src/upstream/response-headers.ts';
import { memoryStore, startKeptEntities } from '../support/kept-entities-rig.ts';
import { seededRandom } from '../../upstreams/demo/random.ts';

const counts = '{ products(skus: ["a", "b"]) { sku count } }';

const alice = { isKnown: true, id: 'subject:alice' };
const bob = { isKnown: true, id: 'subject:bob' };

function product(sku: string, count: string): object {
  return { sku, count };
}

/** What a result holds, as JSON. */
function plain(result: unknown): unknown {
  return JSON.parse(JSON.stringify(result));
}

describe('an entity that is kept', () => {
  test('is not asked for again, by whatever operation', async (t) => {
    const { ask, takeAsked } = await startKeptEntities(t);
    const data = { products: [product('a', '1 piece of a'), product('b', '1 piece of b')] };
    assert.deepEqual(plain(await ask(counts)), { data });
    assert.deepEqual(takeAsked(), [['a', 'b']]);
    assert.deepEqual(plain(await ask(counts)), { data });
    assert.deepEqual(plain(await ask('query Other { products(skus: ["b"]) { title sku count } }')), {
      data: { products: [{ title: 'title of b', sku: 'b', count: '1 piece of b' }] },
    });
    assert.deepEqual(takeAsked(), []);
  });

  test('leaves only the missing ones to be asked for, each in its place', async (t) => {
    const { ask, takeAsked } = await startKeptEntities(t);
    await ask('{ products(skus: ["b", "d"]) { count } }');
    takeAsked();
    const { data } = await ask('{ products(skus: ["a", "b", "c", "d", "a"]) { count } }');
    assert.deepEqual(takeAsked(), [['a', 'c']]);
    assert.deepEqual(plain(data), {
      products: ['a', 'b', 'c', 'd', 'a'].map((sku) => ({ count: `1 piece of ${sku}` })),
    });
  });

  test('is asked for anew when its time is over', async (t) => {
    const { ask, takeAsked, stock, wait } = await startKeptEntities(t);
    await ask(counts);
    stock.version = 2;
    wait(59_000);
    await ask(counts);
    assert.deepEqual(takeAsked(), [['a', 'b']]);
    wait(1001);
    assert.deepEqual(plain(await ask(counts)), {
      data: { products: [product('a', '2 piece of a'), product('b', '2 piece of b')] },
    });
  });

  test('is another one for other fields, arguments and variables', async (t) => {
    const { ask } = await startKeptEntities(t);
    const byUnit = 'query ($unit: String) { products(skus: ["a"]) { count(unit: $unit) } }';
    const countOf = async (query: string, variables = {}) => plain((await ask(query, { variables })).data);
    assert.deepEqual(await countOf('{ products(skus: ["a"]) { count } }'), { products: [{ count: '1 piece of a' }] });
    assert.deepEqual(await countOf('{ products(skus: ["a"]) { count(unit: "box") } }'), {
      products: [{ count: '1 box of a' }],
    });
    for (const unit of ['crate', 'box', 'piece']) {
      assert.deepEqual(await countOf(byUnit, { unit }), { products: [{ count: `1 ${unit} of a` }] });
    }
    assert.deepEqual(await countOf(byUnit, { unit: null }), { products: [{ count: '1 null of a' }] });
    assert.deepEqual(await countOf(byUnit), { products: [{ count: '1 piece of a' }] });
  });

  test("is nobody else's where its type is PRIVATE, and not kept for those who are nobody", async (t) => {
    const { ask, takeAsked } = await startKeptEntities(t, {
      kept: { Product: { maxAgeMs: 60_000, scope: 'PRIVATE' } },
    });
    const count = '{ products(skus: ["a"]) { count } }';
    for (const caller of [alice, bob, { ...alice, scopes: new Set(['admin']) }, {}, {}]) await ask(count, { caller });
    assert.equal(takeAsked().length, 5);
    for (const caller of [alice, bob]) await ask(count, { caller });
    assert.deepEqual(takeAsked(), []);
  });

  test('is only for those of whom the upstream hears the same', async (t) => {
    const { ask, takeAsked } = await startKeptEntities(t, {
      rules: { 'x-user': { from: 'client', header: 'x-user' } },
    });
    const asker = async (user: string) =>
      (
        plain((await ask('{ products(skus: ["a"]) { asker } }', { headers: { 'x-user': user } })).data) as {
          products: unknown[];
        }
      ).products[0];
    for (let round = 0; round < 2; round++) {
      assert.deepEqual(await asker('alice'), { asker: 'asked by alice' });
      assert.deepEqual(await asker('bob'), { asker: 'asked by bob' });
    }
    assert.equal(takeAsked().length, 2);
  });

  test('is made invalid by its type, by its id, and by those of what lies within', async (t) => {
    const { ask, takeAsked, store } = await startKeptEntities(t);
    const shelves = '{ products(skus: ["a", "b"]) { shelf { id aisle } } }';
    await ask(shelves);
    for (const [tag, asked] of [
      ['Product:a', [['a']]],
      ['Shelf:shelf of b', [['b']]],
      ['Product', [['a', 'b']]],
      ['Shelf', [['a', 'b']]],
      ['Product:c', []],
    ] as const) {
      takeAsked();
      await store.invalidate([tag]);
      await ask(shelves);
      assert.deepEqual(takeAsked(), asked, tag);
    }
  });

  test('whose parts nobody can name goes with any of their type', async (t) => {
    const { ask, takeAsked, store } = await startKeptEntities(t);
    const aisles = '{ products(skus: ["a"]) { shelf { aisle } } }';
    await ask(aisles);
    takeAsked();
    await store.invalidate(['Shelf:?']);
    await ask(aisles);
    assert.deepEqual(takeAsked(), [['a']]);
  });

  test('tells those who keep the whole answer how long it holds, and whom it is for', async (t) => {
    const { ask, wait } = await startKeptEntities(t, { kept: { Product: { maxAgeMs: 60_000, scope: 'PRIVATE' } } });
    await ask(counts, { caller: alice });
    wait(20_000);
    const heard: unknown[] = [];
    const responseHeaders = new ResponseHeaders({}, ({ 'cache-control': value }) => heard.push(value));
    await ask(counts, { caller: alice, scope: { responseHeaders } });
    assert.match(String(heard[1]), /^private, max-age=(?:39|40)$/);
  });
});

describe('an entity is not kept', () => {
  const cases: Readonly<Record<string, Parameters<typeof startKeptEntities>[1] & { readonly headers?: object }>> = {
    'where its type is not configured': { kept: { Shelf: { maxAgeMs: 60_000, scope: 'PUBLIC' } } },
    'where its upstream says no-store': { headers: { 'cache-control': 'no-store' } },
    'for all where its upstream says private': { headers: { 'cache-control': 'private, max-age=60' } },
    'where its upstream says that it is old at once': { headers: { 'cache-control': 'max-age=0' } },
    'from an answer that sets a cookie': { headers: { 'set-cookie': 'a=b' } },
  };
  for (const [name, { headers, ...options }] of Object.entries(cases)) {
    test(name, async (t) => {
      const { ask, takeAsked, stock } = await startKeptEntities(t, options);
      if (headers) stock.headers = headers as Record<string, string>;
      await ask(counts);
      await ask(counts);
      assert.deepEqual(takeAsked(), [
        ['a', 'b'],
        ['a', 'b'],
      ]);
    });
  }

  test('from a fetch with errors', async (t) => {
    const { ask, takeAsked, stock } = await startKeptEntities(t);
    stock.errors = [{ message: 'no', path: ['_entities', 0, 'count'] }];
    await ask(counts);
    stock.errors = [];
    assert.deepEqual(plain(await ask(counts)), {
      data: { products: [product('a', '1 piece of a'), product('b', '1 piece of b')] },
    });
    assert.equal(takeAsked().length, 2);
  });

  test('where there is none: once it is there it is found', async (t) => {
    const { ask, takeAsked } = await startKeptEntities(t);
    const none = '{ products(skus: ["none", "a"]) { count } }';
    await ask(none);
    await ask(none);
    assert.deepEqual(takeAsked(), [['none', 'a'], ['none']]);
  });

  test('where it was made invalid while it was fetched', async (t) => {
    const store = memoryStore();
    t.after(async () => store.close());
    const racing: CacheStore = {
      ...store,
      own: {
        ...store.own,
        stamp: () => {
          const stamp = store.own.stamp();
          void store.invalidate(['Product:a']);
          return stamp;
        },
      },
    };
    const { ask, takeAsked } = await startKeptEntities(t, { store: racing });
    await ask(counts);
    takeAsked();
    await ask(counts);
    assert.deepEqual(takeAsked(), [['a']]);
  });

  test('longer than its upstream says', async (t) => {
    const { ask, takeAsked, stock, wait } = await startKeptEntities(t);
    stock.headers = { 'cache-control': 'max-age=5' };
    await ask(counts);
    wait(5001);
    await ask(counts);
    assert.equal(takeAsked().length, 2);
  });
});

test('a mutation reads what it has changed, not what is kept', async (t) => {
  const { ask, stock } = await startKeptEntities(t);
  await ask(counts);
  stock.version = 2;
  const { data } = await ask('mutation { restock(sku: "a") { count } }');
  assert.deepEqual(plain(data), { restock: { count: '2 piece of a' } });
});

test('whatever is asked by whomever, in whatever order: the answer is that of the moment', async (t) => {
  const rules = { 'x-user': { from: 'client', header: 'x-user' } } as const;
  const { ask, takeAsked, stock, store } = await startKeptEntities(t, { rules });
  const { between, chance, pick } = seededRandom(7);
  let fetched = 0;
  for (let round = 0; round < 400; round++) {
    if (chance(5)) {
      stock.version += 1;
      await store.invalidate(['Product']);
    }
    const skus = Array.from({ length: between(1, 4) }, () => pick(['a', 'b', 'c', 'd', 'none']));
    const [user, unit] = [pick(['alice', 'bob']), pick(['box', 'piece'])];
    const [count, asker, aisle] = [pick(['', 'c: ']), pick(['', 'w: ']), chance(50)];
    const query = `query ($skus: [ID!]!, $unit: String, $aisle: Boolean!) {
      products(skus: $skus) { sku ${count}count(unit: $unit) ${asker}asker shelf @include(if: $aisle) { aisle } }
    }`;
    const { data, errors } = await ask(query, { variables: { skus, unit, aisle }, headers: { 'x-user': user } });
    assert.equal(errors, undefined);
    const products = skus.map((sku) => {
      const isThere = sku !== 'none';
      const shelf = isThere ? { aisle: `${stock.version}` } : null;
      return {
        sku,
        [count === '' ? 'count' : 'c']: isThere ? `${stock.version} ${unit} of ${sku}` : null,
        [asker === '' ? 'asker' : 'w']: isThere ? `asked by ${user}` : null,
        ...(aisle && { shelf }),
      };
    });
    assert.deepEqual(plain(data), { products });
    fetched += takeAsked()
      .flat()
      .filter((sku) => sku !== 'none').length;
  }
  assert.ok(fetched < 600, `${fetched} products fetched`);
});
