import { seededRandom } from './random.ts';
import type { Category, Media, Order, OrderLine, OrderStatus, Product, Review, User, UserStatus } from './shapes.ts';
import { categories, cities, familyNames, givenNames, remarks, streets, styles, verdicts } from './words.ts';

/**
 * The shop's data before anybody changed it: 200 users, 1,000 products, 5,000 orders, 20,000 reviews. Made at the
 * first call, the same on every run and machine, and never written to: a server copies the list and replaces entries.
 */

const userCount = 200;
const productCount = 1000;
const orderCount = 5000;
const reviewCount = 20_000;

const minuteMs = 60_000;
/** 2024-01-01T00:00:00Z: the first account. */
const openingMs = 1_704_067_200_000;
/** 2025-01-01T00:00:00Z: the first order and the first review. */
const firstSaleMs = 1_735_689_600_000;

const isoTime = (ms: number): string => new Date(ms).toISOString();

/** `make`, called at most once. */
function once<T>(make: () => T): () => T {
  let made: { readonly value: T } | undefined;
  return () => (made ??= { value: make() }).value;
}

/** A permutation of 0..999, so that neighbours by id have nothing in common. */
const scatter = (index: number): number => (index * 617 + 13) % productCount;

/** A product number from 1 to 1000, some far more often than others. */
function pickProduct(random: ReturnType<typeof seededRandom>): number {
  const skewed = Math.min(random.between(0, productCount - 1), random.between(0, productCount - 1));
  return scatter(skewed) + 1;
}

/** By id: `"1"` to `"10"`. */
export const demoCategories = once((): readonly Category[] =>
  categories.map(({ name }, index) => ({ id: String(index + 1), name })),
);

function userStatus(id: number, percent: number): UserStatus {
  if (id === 1 || percent < 85) return 'active';
  return percent < 93 ? 'invited' : 'suspended';
}

/** By `user_id`: 1 to 200. User 1 is active. */
export const demoUsers = once((): readonly User[] => {
  const random = seededRandom(1);
  return Array.from({ length: userCount }, (_, index): User => {
    const given = givenNames[index % givenNames.length] as string;
    const family = familyNames[(index * 7) % familyNames.length] as string;
    const id = index + 1;
    return {
      user_id: id,
      full_name: `${given} ${family}`,
      email: `${given}.${family}@shop.example`.toLowerCase(),
      status: userStatus(id, random.between(0, 99)),
      created_at: isoTime(openingMs + index * 2000 * minuteMs + random.between(0, 1999) * minuteMs),
      unread_count: random.between(0, 12),
      address: {
        street: `${random.between(1, 120)} ${random.pick(streets)}`,
        city: random.pick(cities),
        postal_code: String(random.between(10_000, 99_999)),
      },
    };
  });
});

function mediaOf(id: number, name: string, hasVideo: boolean): Media[] {
  const base = `https://cdn.shop.example/products/${id}`;
  const image = { kind: 'Image', url: `${base}/front.jpg`, alt: name, width: 1200, height: 900 } as const;
  const video = { kind: 'Video', url: `${base}/tour.mp4`, alt: null, width: null, height: null } as const;
  const media: Media[] = [{ ...image, durationSeconds: null }];
  return hasVideo ? [...media, { ...video, durationSeconds: 20 + (id % 41) }] : media;
}

const catalogue = once((): readonly Omit<Product, 'sold'>[] => {
  const random = seededRandom(2);
  return Array.from({ length: productCount }, (_, index) => {
    const place = scatter(index);
    const category = Math.floor(place / 100);
    const stem = categories[category]?.stems[Math.floor(place / 10) % 10];
    if (stem === undefined) throw new Error(`"categories" must have ten stems each, but got none at ${place}`);
    const name = `${styles[place % 10]} ${stem.noun}`;
    return {
      id: String(index + 1),
      name,
      price: Math.floor((stem.cents * random.between(80, 130)) / 1000) * 10 + 9,
      weight: Math.floor((stem.grams * random.between(80, 120)) / 100),
      categoryId: String(category + 1),
      media: mediaOf(index + 1, name, random.chance(20)),
    };
  });
});

function linesOf(random: ReturnType<typeof seededRandom>): OrderLine[] {
  const numbers = new Set(Array.from({ length: random.between(1, 4) }, () => pickProduct(random)));
  return [...numbers].map((number) => ({
    product_id: number,
    quantity: random.chance(75) ? 1 : random.between(2, 5),
    unit_price: catalogue()[number - 1]?.price as number,
  }));
}

/** Orders of the last weeks are still on their way. */
function orderStatus(id: number, random: ReturnType<typeof seededRandom>): OrderStatus {
  if (random.chance(4)) return 'cancelled';
  if (id <= orderCount - 300) return 'delivered';
  return random.pick(['placed', 'paid', 'shipped'] as const);
}

export const totalOf = (lines: readonly OrderLine[]): number =>
  lines.reduce((sum, { quantity, unit_price }) => sum + quantity * unit_price, 0);

/** Numbers of the users who ever signed in: only they order and review. */
const customers = once(() =>
  demoUsers()
    .filter(({ status }) => status !== 'invited')
    .map(({ user_id }) => user_id),
);

/** By id: 1 to 5000, oldest first. */
export const demoOrders = once((): readonly Order[] => {
  const random = seededRandom(3);
  return Array.from({ length: orderCount }, (_, index): Order => {
    const lines = linesOf(random);
    return {
      id: index + 1,
      customer_id: random.pick(customers()),
      status: orderStatus(index + 1, random),
      created_at: isoTime(firstSaleMs + index * 140 * minuteMs + random.between(0, 139) * minuteMs),
      total_cents: totalOf(lines),
      lines,
    };
  });
});

/** By id: `"1"` to `"1000"`. */
export const demoProducts = once((): readonly Product[] => {
  const sold = new Map<number, number>();
  for (const { product_id, quantity } of demoOrders().flatMap(({ lines }) => lines)) {
    sold.set(product_id, (sold.get(product_id) ?? 0) + quantity);
  }
  return catalogue().map((product) => ({ ...product, sold: sold.get(Number(product.id)) ?? 0 }));
});

/** By id: `"1"` to `"20000"`, oldest first. */
export const demoReviews = once((): readonly Review[] => {
  const random = seededRandom(4);
  return Array.from({ length: reviewCount }, (_, index): Review => {
    const rating = random.pick([1, 2, 3, 3, 4, 4, 4, 5, 5, 5]);
    return {
      id: String(index + 1),
      productId: String(pickProduct(random)),
      authorId: String(random.pick(customers())),
      rating,
      body: `${random.pick(verdicts[rating - 1] ?? [])} ${random.pick(remarks)}`,
      createdAt: isoTime(firstSaleMs + index * 35 * minuteMs + random.between(0, 34) * minuteMs),
    };
  });
});

/** Creation time of the `n`th (0, 1, ...) thing made while a server runs: minutes after all that was there before. */
export function timeOfNew(n: number): string {
  return isoTime(firstSaleMs + (orderCount * 140 + n) * minuteMs);
}
