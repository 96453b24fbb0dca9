/** The shop's data as the demo upstreams hold it. REST bodies of users and orders have these very names. */

export type UserStatus = 'active' | 'invited' | 'suspended';
export type OrderStatus = 'placed' | 'paid' | 'shipped' | 'delivered' | 'cancelled';

export interface Address {
  readonly street: string;
  readonly city: string;
  readonly postal_code: string;
}

/** Body of `GET /users/{id}`. */
export interface User {
  readonly user_id: number;
  readonly full_name: string;
  /** Lower case; unique. */
  readonly email: string;
  readonly status: UserStatus;
  /** ISO 8601, UTC. */
  readonly created_at: string;
  /** Unread notifications; 0 or more. */
  readonly unread_count: number;
  readonly address: Address | null;
}

export interface OrderLine {
  readonly product_id: number;
  /** 1 or more. */
  readonly quantity: number;
  /** In cents. */
  readonly unit_price: number;
}

/** Body of `GET /orders/{id}`, and of each of the `items` of `GET /users/{id}/orders`. */
export interface Order {
  readonly id: number;
  readonly customer_id: number;
  readonly status: OrderStatus;
  /** ISO 8601, UTC. Invariant: an order of a higher id is never older. */
  readonly created_at: string;
  /** Sum of quantity times unit price over all lines, in cents. */
  readonly total_cents: number;
  /** One to four, each with another product. */
  readonly lines: readonly OrderLine[];
}

export interface Category {
  readonly id: string;
  readonly name: string;
}

export interface Media {
  readonly kind: 'Image' | 'Video';
  readonly url: string;
  readonly alt: string | null;
  /** Images only, in pixels. */
  readonly width: number | null;
  /** Images only, in pixels. */
  readonly height: number | null;
  /** Videos only. */
  readonly durationSeconds: number | null;
}

export interface Product {
  readonly id: string;
  readonly name: string;
  /** In cents. */
  readonly price: number;
  /** In grams. */
  readonly weight: number;
  readonly categoryId: string;
  readonly media: readonly Media[];
  /** Pieces sold so far: what `topProducts` goes by. */
  readonly sold: number;
}

export interface Review {
  readonly id: string;
  readonly productId: string;
  readonly authorId: string;
  /** 1 to 5. */
  readonly rating: number;
  readonly body: string;
  /** ISO 8601, UTC. Invariant: a review of a higher id is never older. */
  readonly createdAt: string;
}
