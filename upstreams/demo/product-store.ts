import { GraphQLError } from 'graphql';
import { demoCategories, demoProducts } from './data.ts';
import { firstOf, readId } from './read.ts';
import type { Category, Product } from './shapes.ts';

/** The catalogue of one server. */
export class ProductStore {
  readonly #products: Product[] = [...demoProducts()];
  readonly #byName = this.#products.map(({ name }) => name.toLowerCase());
  readonly #bestSelling: readonly number[] = this.#products
    .toSorted((one, other) => other.sold - one.sold || Number(one.id) - Number(other.id))
    .map(({ id }) => Number(id));

  one(id: string): Product | undefined {
    return this.#products[readId(id) - 1];
  }

  category(id: string): Category | undefined {
    return demoCategories()[readId(id) - 1];
  }

  /** By pieces sold, then by id. */
  top(first: number | null): Product[] {
    return firstOf(this.#bestSelling, first, 5).flatMap((id) => this.#products[id - 1] ?? []);
  }

  /** Best-selling first. */
  ofCategory(id: string, first: number | null): readonly Product[] {
    const all = this.#bestSelling.flatMap((number) => this.#products[number - 1] ?? []);
    return firstOf(
      all.filter(({ categoryId }) => categoryId === id),
      first,
      5,
    );
  }

  /** Categories, then products by id, twenty at most, whose name holds `text` in any case. */
  search(text: string): (Category | Product)[] {
    const wanted = text.trim().toLowerCase();
    if (wanted === '') return [];
    const found = demoCategories().filter(({ name }) => name.toLowerCase().includes(wanted));
    const products = this.#products.filter((_, index) => this.#byName[index]?.includes(wanted));
    return [...found, ...products].slice(0, 20);
  }

  /** @throws {GraphQLError} `BAD_USER_INPUT` for an unknown product or a price that is not above 0. */
  setPrice(id: string, price: number): Product {
    const product = this.one(id);
    if (product === undefined) throw badInput(`There is no product ${id}.`);
    if (price < 1) throw badInput('"price" must be above 0.');
    const changed = { ...product, price };
    this.#products[Number(product.id) - 1] = changed;
    return changed;
  }
}

/** What a GraphQL demo server answers to input that its schema allows and it does not. */
export function badInput(message: string): GraphQLError {
  return new GraphQLError(message, { extensions: { code: 'BAD_USER_INPUT' } });
}
