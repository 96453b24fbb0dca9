/** A shop for people who garden on a balcony. Made by arithmetic: the same on every run and machine. */

export interface Account {
  readonly id: string;
  readonly handle: string;
  readonly fullName: string;
  /** Year. */
  readonly memberSince: number;
}

export interface Product {
  readonly sku: string;
  readonly title: string;
  readonly cents: number;
  readonly grams: number;
  readonly inStock: boolean;
}

export interface Review {
  readonly id: string;
  readonly text: string;
  readonly stars: number;
  readonly sku: string;
  readonly authorId: string;
}

const givenNames = ['Oda', 'Milo', 'Freya', 'Anton', 'Suri', 'Leif'];
const familyNames = ['Barkley', 'Fennel', 'Rosewater', 'Thistle', 'Underhill', 'Greenwood', 'Marlowe'];
const qualities = [
  'Hanging',
  'Glazed',
  'Folding',
  'Cedar',
  'Copper',
  'Self-watering',
  'Woven',
  'Slate',
  'Tiny',
  'Tall',
];
const things = ['planter', 'trellis', 'trowel', 'watering can', 'seed tray', 'cold frame', 'herb rack', 'bird bath'];
const openings = [
  'Stood through two storms on the fifth floor',
  'My basil has never looked so smug',
  'Arrived with a dent that nobody can see from the chair',
  'Heavier than the picture makes you think',
  'The neighbours asked where it is from',
];
const endings = [
  'and I would buy it again before next spring.',
  'though the screws want a second pair of hands.',
  'so the old one went to the allotment.',
  'and the drain hole is where it should be.',
  'but do take it inside when frost is near.',
  'which is more than I can say of the last three.',
  'and the cat approves, mostly of the box.',
];

const at = <T>(list: readonly T[], index: number): T => list[index % list.length] as T;
const make = <T>(length: number, one: (index: number) => T): readonly T[] => Array.from({ length }, (_, i) => one(i));

export const accounts: readonly Account[] = make(12, (i) => ({
  id: `${i + 1}`,
  handle: `${at(givenNames, i).toLowerCase()}.${at(familyNames, i).toLowerCase()}`,
  fullName: `${at(givenNames, i)} ${at(familyNames, i)}`,
  memberSince: 2009 + ((i * 5) % 13),
}));

export const products: readonly Product[] = make(240, (i) => ({
  sku: `bg-${1001 + i}`,
  title: `${at(qualities, i)} ${at(things, i * 3 + Math.floor(i / 10))}`,
  cents: 450 + ((i * 1733) % 14_000),
  grams: 120 + ((i * 619) % 9_000),
  inStock: i % 4 !== 1,
}));

/** Three for each product; the authors take turns. */
export const reviews: readonly Review[] = make(720, (i) => ({
  id: `r${i + 1}`,
  text: `${at(openings, i)}, ${at(endings, i + Math.floor(i / 5))}`,
  stars: 1 + ((i * 7) % 5),
  sku: at(products, i).sku,
  authorId: at(accounts, i * 5 + Math.floor(i / 240)).id,
}));

export const accountById = new Map(accounts.map((account) => [account.id, account]));
export const productBySku = new Map(products.map((product) => [product.sku, product]));
export const reviewById = new Map(reviews.map((review) => [review.id, review]));

export const reviewsOfProduct = (sku: string): readonly Review[] => reviews.filter((review) => review.sku === sku);

/** The first two that the account wrote. */
export const reviewsOfAccount = (id: string): readonly Review[] =>
  reviews.filter(({ authorId }) => authorId === id).slice(0, 2);

/** Free above 100.00; without price or weight it cannot be told. */
export function shippingCents(cents: number | undefined, grams: number | undefined): number | null {
  if (cents === undefined || grams === undefined) return null;
  return cents > 10_000 ? 0 : 290 + Math.floor(grams / 10);
}
