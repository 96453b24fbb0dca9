import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { describe, test } from 'node:test';
import { parse, validate } from 'graphql';
import { demoCategories, demoOrders, demoProducts, demoReviews, demoUsers } from '../../upstreams/demo/data.ts';
import { OrderStore } from '../../upstreams/demo/order-store.ts';
import { ProductStore } from '../../upstreams/demo/product-store.ts';
import { ReviewStore } from '../../upstreams/demo/review-store.ts';
import { UserStore } from '../../upstreams/demo/user-store.ts';
import { createMonolith } from '../support/monolith.ts';

const digest = (value: unknown): string =>
  createHash('sha256').update(JSON.stringify(value)).digest('hex').slice(0, 16);

describe('the demo data', () => {
  test('is the same on every run and machine', () => {
    const data = {
      users: demoUsers(),
      orders: demoOrders(),
      categories: demoCategories(),
      products: demoProducts(),
      reviews: demoReviews(),
    };
    assert.deepEqual(Object.fromEntries(Object.entries(data).map(([name, value]) => [name, digest(value)])), {
      users: '019f5edccb4dd83a',
      orders: '85ab4df1651b34b8',
      categories: '787ec71812805458',
      products: '580057308c7f2661',
      reviews: 'deb69102b8722ee9',
    });
  });

  test('has 200 users, 1,000 products, 5,000 orders and 20,000 reviews', () => {
    const counts = [demoUsers(), demoProducts(), demoOrders(), demoReviews()].map(({ length }) => length);
    assert.deepEqual(counts, [200, 1000, 5000, 20_000]);
  });

  test('names each user and product differently', () => {
    assert.equal(new Set(demoUsers().map(({ email }) => email)).size, 200);
    assert.equal(new Set(demoProducts().map(({ name }) => name)).size, 1000);
  });

  test('gives each order one to four lines, each with another product, and their sum as its total', () => {
    for (const { lines, total_cents } of demoOrders()) {
      assert.ok(lines.length >= 1 && lines.length <= 4);
      assert.equal(new Set(lines.map(({ product_id }) => product_id)).size, lines.length);
      const sums = lines.map(({ quantity, unit_price }) => quantity * unit_price);
      assert.equal(
        total_cents,
        sums.reduce((total, sum) => total + sum, 0),
      );
    }
  });

  test('refers only to users and products that exist', () => {
    const users = new Set(demoUsers().map(({ user_id }) => user_id));
    const products = new Set(demoProducts().map(({ id }) => id));
    assert.ok(demoOrders().every(({ customer_id }) => users.has(customer_id)));
    assert.ok(demoOrders().every(({ lines }) => lines.every(({ product_id }) => products.has(String(product_id)))));
    assert.ok(demoReviews().every(({ authorId }) => users.has(Number(authorId))));
    assert.ok(demoReviews().every(({ productId }) => products.has(productId)));
  });

  test('grows newer with the id', () => {
    for (const times of [demoOrders().map((o) => o.created_at), demoReviews().map((review) => review.createdAt)]) {
      assert.deepEqual(times, times.toSorted());
    }
  });
});

describe('the stores of one server', () => {
  test('change nothing of another server', () => {
    new UserStore().patch(1, { full_name: 'Someone Else' });
    new ProductStore().setPrice('1', 1);
    new OrderStore().create({ customer_id: 1, lines: [{ product_id: 1, quantity: 1 }] });
    new ReviewStore().add({ productId: '1', authorId: '1', body: 'New.', rating: 5 });
    assert.equal(new UserStore().one(1)?.full_name, 'Ada Abel');
    assert.notEqual(new ProductStore().one('1')?.price, 1);
    assert.equal(new OrderStore().one(5001), undefined);
    assert.equal(new ReviewStore().one('20001'), undefined);
  });

  test('give what is created the same ids and times on every run', () => {
    const orders = new OrderStore();
    const make = (): unknown => {
      const { id, created_at } = orders.create({ customer_id: 1, lines: [{ product_id: 1, quantity: 1 }] });
      return { id, created_at };
    };
    assert.deepEqual(
      [make(), make()],
      [
        { id: 5001, created_at: '2026-05-02T02:40:00.000Z' },
        { id: 5002, created_at: '2026-05-02T02:41:00.000Z' },
      ],
    );
  });
});

describe('the reviews that a subscriber gets', () => {
  const input = { productId: '1', authorId: '1', body: 'New.', rating: 5 };

  test('start when it subscribes, not when it first reads', async () => {
    const reviews = new ReviewStore();
    const added = reviews.added(null);
    const review = reviews.add(input);
    assert.deepEqual(await added.next(), { done: false, value: review });
  });

  test('are those of its product, or all', async () => {
    const reviews = new ReviewStore();
    const [ofTwo, ofAll] = [reviews.added('2'), reviews.added(null)];
    const [one, two] = [reviews.add(input), reviews.add({ ...input, productId: '2' })];
    assert.deepEqual([(await ofTwo.next()).value, (await ofAll.next()).value], [two, one]);
  });

  test('end when it leaves, even while it waits', async () => {
    const reviews = new ReviewStore();
    const added = reviews.added(null);
    const waiting = added.next();
    assert.equal(reviews.subscriberCount, 1);
    await added.return();
    assert.equal(reviews.subscriberCount, 0);
    reviews.add(input);
    assert.deepEqual(await waiting, { done: true, value: undefined });
    assert.deepEqual(await added.next(), { done: true, value: undefined });
  });
});

describe('lists', () => {
  test('have 100 items at most, none for less than one, and the default for null', () => {
    const products = new ProductStore();
    assert.deepEqual(
      [101, 0, -1, null].map((first) => products.top(first).length),
      [100, 0, 0, 5],
    );
  });

  test('of a category hold that category only, best-selling first', () => {
    const found = new ProductStore().ofCategory('4', 100);
    assert.equal(found.length, 100);
    assert.deepEqual(new Set(found.map(({ categoryId }) => categoryId)), new Set(['4']));
    assert.deepEqual(
      found.map(({ sold }) => sold),
      found.map(({ sold }) => sold).toSorted((one, other) => other - one),
    );
  });

  test('of a search are empty for a text of blanks', () => {
    assert.deepEqual(new ProductStore().search(' '), []);
    assert.equal(new ProductStore().search('e').length, 20);
  });
});

describe('the monolith', () => {
  const firstOperation = readFileSync(new URL('../../schema/operations/dashboard.graphql', import.meta.url), 'utf8');

  test('answers the first operation in full', async () => {
    const { schema, execute } = createMonolith();
    assert.deepEqual(validate(schema, parse(firstOperation)), []);
    const { data, errors } = await execute(firstOperation);
    assert.equal(errors, undefined);
    assert.ok(!JSON.stringify(data).includes('null'), JSON.stringify(data));
  });

  test('answers null for a user that does not exist', async () => {
    const { execute } = createMonolith();
    const result = await execute(`{
      user(id: "201") { name }
      dashboard(userId: "201") { userId user { name } recentOrders { id } unreadCount }
    }`);
    const data = { user: null, dashboard: { userId: '201', user: null, recentOrders: null, unreadCount: null } };
    assert.deepEqual(JSON.parse(JSON.stringify(result)), { data });
  });

  test('shows what a mutation changed', async () => {
    const { execute } = createMonolith();
    const { data } = await execute(`mutation {
      createUser(input: { name: "Zoe New", email: "zoe@shop.example", address: { street: "1 A", city: "B", postalCode: "C" } }) {
        id status address { postalCode }
      }
      updateUser(id: "2", input: { name: "Amir Changed" }) { name email }
      createOrder(input: { customerId: "1", lines: [{ productId: "3", quantity: 2 }] }) { id customer { name } }
      setPrice(input: { id: "3", price: 6000 }) { price shippingEstimate }
      addReview(input: { productId: "3", authorId: "2", body: "Good.", rating: 4 }) { id author { name } }
    }`);
    assert.deepEqual(JSON.parse(JSON.stringify(data)), {
      createUser: { id: '201', status: 'invited', address: { postalCode: 'C' } },
      updateUser: { name: 'Amir Changed', email: 'amir.haddad@shop.example' },
      createOrder: { id: '5001', customer: { name: 'Ada Abel' } },
      setPrice: { price: 6000, shippingEstimate: 0 },
      addReview: { id: '20001', author: { name: 'Amir Changed' } },
    });
  });
});
