import { demoProducts } from './data.ts';
import { readId } from './read.ts';

export interface Warehouse {
  readonly id: string;
  readonly city: string;
}

export const warehouses: readonly Warehouse[] = [
  { id: '1', city: 'Eastbridge' },
  { id: '2', city: 'Kingsmere' },
  { id: '3', city: 'Lowmarsh' },
];

const freeFromCents = 5000;
const baseCents = 290;
const centsPer100Grams = 45;

export function isKnownProduct(id: string): boolean {
  return demoProducts()[readId(id) - 1] !== undefined;
}

/** One product in seven is sold out. */
export function isInStock(id: string): boolean {
  return (readId(id) * 31) % 7 !== 0;
}

/** In cents: nothing from 50.00 on; below, by the started 100 grams. `price` in cents, `weight` in grams. */
export function shippingEstimate(price: number, weight: number): number {
  return price >= freeFromCents ? 0 : baseCents + Math.ceil(weight / 100) * centsPer100Grams;
}
