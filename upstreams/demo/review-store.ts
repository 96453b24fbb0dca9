import { demoProducts, demoReviews, timeOfNew } from './data.ts';
import { badInput } from './product-store.ts';
import { firstOf, isText, readId } from './read.ts';
import type { Review } from './shapes.ts';

export interface NewReview {
  readonly productId: string;
  readonly authorId: string;
  readonly body: string;
  readonly rating: number;
}

function group(reviews: readonly Review[], by: 'productId' | 'authorId'): Map<string, Review[]> {
  return Map.groupBy(reviews.toReversed(), (review) => review[by]);
}

/** The reviews of one server; lists are newest first. Products and users that it has not heard of have none. */
export class ReviewStore {
  readonly #reviews: Review[] = [...demoReviews()];
  readonly #byProduct = group(this.#reviews, 'productId');
  readonly #byAuthor = group(this.#reviews, 'authorId');
  readonly #subscribers = new Set<(review: Review) => void>();

  /** How many read `added` now. */
  get subscriberCount(): number {
    return this.#subscribers.size;
  }

  one(id: string): Review | undefined {
    return this.#reviews[readId(id) - 1];
  }

  latest(first: number | null): readonly Review[] {
    return firstOf(this.#reviews.toReversed(), first, 5);
  }

  ofProduct(id: string, first: number | null): readonly Review[] {
    return firstOf(this.#byProduct.get(id) ?? [], first, 10);
  }

  ofAuthor(id: string, first: number | null): readonly Review[] {
    return firstOf(this.#byAuthor.get(id) ?? [], first, 10);
  }

  /** To two decimals; null where there are no reviews. */
  averageRating(productId: string): number | null {
    const reviews = this.#byProduct.get(productId) ?? [];
    const sum = reviews.reduce((total, { rating }) => total + rating, 0);
    return reviews.length === 0 ? null : Math.round((sum * 100) / reviews.length) / 100;
  }

  /** @throws {GraphQLError} `BAD_USER_INPUT` for an unknown product, a rating outside 1 to 5, an empty body. */
  add({ productId, authorId, body, rating }: NewReview): Review {
    if (demoProducts()[readId(productId) - 1] === undefined) throw badInput(`There is no product ${productId}.`);
    if (readId(authorId) === 0) throw badInput(`There is no user ${authorId}.`);
    if (rating < 1 || rating > 5) throw badInput('"rating" must be from 1 to 5.');
    if (!isText(body)) throw badInput('"body" must not be empty.');
    const id = String(this.#reviews.length + 1);
    const createdAt = timeOfNew(this.#reviews.length - demoReviews().length);
    const review: Review = { id, productId, authorId, rating, body, createdAt };
    this.#reviews.push(review);
    prepend(this.#byProduct, productId, review);
    prepend(this.#byAuthor, authorId, review);
    for (const tell of this.#subscribers) tell(review);
    return review;
  }

  /**
   * The reviews added from now on, of one product or (`null`) of all, until the caller stops reading.
   * Listens at once, not at the first read: a review added in between is not missed.
   */
  added(productId: string | null): AsyncGenerator<Review, void, void> {
    const waiting: Review[] = [];
    let wake = (): void => {};
    const tell = (review: Review): void => {
      if (productId !== null && review.productId !== productId) return;
      waiting.push(review);
      wake();
    };
    this.#subscribers.add(tell);
    return untilReturned(waiting, {
      change: () => new Promise<void>((resolve) => (wake = resolve)),
      stop: () => {
        this.#subscribers.delete(tell);
        wake();
      },
    });
  }
}

function prepend(index: Map<string, Review[]>, key: string, review: Review): void {
  index.set(key, [review, ...(index.get(key) ?? [])]);
}

interface Feed {
  /** Resolves when something waits, or on `stop`. */
  readonly change: () => Promise<void>;
  readonly stop: () => void;
}

/** A generator function would answer `return()` only after the next item; a subscriber may leave before one comes. */
function untilReturned<T>(waiting: T[], { change, stop }: Feed): AsyncGenerator<T, void, void> {
  let open = true;
  const end = (): { done: true; value: undefined } => {
    open = false;
    stop();
    return { done: true, value: undefined };
  };
  return {
    async next() {
      while (open && waiting.length === 0) await change();
      const value = waiting.shift();
      return open && value !== undefined ? { done: false, value } : { done: true, value: undefined };
    },
    return: async () => end(),
    throw: async (error: unknown) => {
      end();
      throw error;
    },
    [Symbol.asyncIterator]() {
      return this;
    },
    async [Symbol.asyncDispose]() {
      end();
    },
  };
}
