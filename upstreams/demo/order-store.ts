import { demoOrders, demoProducts, demoUsers, timeOfNew, totalOf } from './data.ts';
import { isObject, readId, readObject } from './read.ts';
import { refuseInvalid } from './refusal.ts';
import type { Order, OrderLine } from './shapes.ts';

const mostLines = 4;

/** The orders of one server. It knows customers and prices by its own copy, as services do. */
export class OrderStore {
  readonly #orders: Order[] = [...demoOrders()];
  readonly #byCustomer = new Map<number, Order[]>(demoUsers().map(({ user_id }) => [user_id, []]));

  constructor() {
    for (const order of this.#orders) this.#byCustomer.get(order.customer_id)?.unshift(order);
  }

  one(id: number): Order | undefined {
    return this.#orders[id - 1];
  }

  /** Newest first; `undefined` for an unknown customer. */
  ofCustomer(id: number, limit: number): readonly Order[] | undefined {
    return this.#byCustomer.get(id)?.slice(0, limit);
  }

  /** @throws {Refusal} 400; 422 with `fields`, by dotted path. */
  create(input: unknown): Order {
    const body = readObject(input);
    const customerId = readId(body['customer_id']);
    const ofCustomer = this.#byCustomer.get(customerId);
    const given: readonly unknown[] = Array.isArray(body['lines']) ? body['lines'] : [];
    refuseInvalid('order', {
      ...(ofCustomer === undefined ? { customer_id: 'is not a customer' } : {}),
      ...(given.length < 1 || given.length > mostLines ? { lines: `must be 1 to ${mostLines}` } : {}),
      ...lineProblems(given),
    });
    const lines = given.map(readLine);
    const order: Order = {
      id: this.#orders.length + 1,
      customer_id: customerId,
      status: 'placed',
      created_at: timeOfNew(this.#orders.length - demoOrders().length),
      total_cents: totalOf(lines),
      lines,
    };
    this.#orders.push(order);
    ofCustomer?.unshift(order);
    return order;
  }
}

function readLine(value: unknown): OrderLine {
  const line = isObject(value) ? value : {};
  const productId = readId(line['product_id']);
  const unitPrice = demoProducts()[productId - 1]?.price ?? 0;
  return { product_id: productId, quantity: Number(line['quantity']), unit_price: unitPrice };
}

function lineProblems(given: readonly unknown[]): Record<string, string> {
  const problems: Record<string, string> = {};
  const seen = new Set<number>();
  for (const [index, { product_id, quantity }] of given.map(readLine).entries()) {
    if (demoProducts()[product_id - 1] === undefined) problems[`lines.${index}.product_id`] = 'is not a product';
    else if (seen.has(product_id)) problems[`lines.${index}.product_id`] = 'is on another line';
    if (!Number.isInteger(quantity)) problems[`lines.${index}.quantity`] = 'must be a whole number';
    else if (quantity < 1) problems[`lines.${index}.quantity`] = 'must be above 0';
    else if (quantity > 1000) problems[`lines.${index}.quantity`] = 'must not be above 1000';
    seen.add(product_id);
  }
  return problems;
}
