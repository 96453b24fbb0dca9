import {
  getNamedType,
  isInputObjectType,
  isListType,
  isNonNullType,
  valueFromASTUntyped,
  type GraphQLArgument,
  type GraphQLInputField,
  type GraphQLInputObjectType,
  type GraphQLInputType,
} from 'graphql';
import type { CostModel } from '../../composition/cost/cost-model.ts';
import { maxPoints } from './terms.ts';

/** Deeper than any input that is meant well; what lies below would only exhaust the stack. */
const maxInputDepth = 100;

/**
 * What values of arguments weigh: the place's own weight, else that of its type, and for input objects all that is in
 * them. Each item of a list weighs as much. Null weighs nothing; what is left out weighs as its default.
 */
export class InputScale {
  readonly #weights: CostModel['weights'];
  readonly #defaults = new Map<GraphQLInputObjectType, readonly (readonly [name: string, weight: number])[]>();

  constructor({ weights }: CostModel) {
    this.#weights = weights;
  }

  /** Whether no value at the place weighs anything. */
  isFree(place: string, type: GraphQLInputType): boolean {
    const named = getNamedType(type);
    return !isInputObjectType(named) && !(this.#weights.get(place) ?? this.#weights.get(named.name));
  }

  /** `value` is plain data of any kind; undefined weighs nothing. */
  weigh(value: unknown, place: string, type: GraphQLInputType): number {
    return Math.min(this.#weigh(value, { place, type, depth: 0 }), maxPoints);
  }

  #weigh(value: unknown, at: InputPlace): number {
    if (value === null || value === undefined) return 0;
    if (at.depth > maxInputDepth) return maxPoints;
    const type = isNonNullType(at.type) ? at.type.ofType : at.type;
    if (isListType(type)) {
      const inside = { place: at.place, type: type.ofType, depth: at.depth + 1 };
      if (!Array.isArray(value)) return this.#weigh(value, inside);
      if (this.isFree(at.place, type)) return 0;
      return value.reduce<number>((total, item) => total + this.#weigh(item, inside), 0);
    }
    const named = getNamedType(type);
    const own = this.#weights.get(at.place);
    if (!isInputObjectType(named)) return own ?? this.#weights.get(named.name) ?? 0;
    return (own ?? 1) + this.#weighMembers(value, named, at.depth);
  }

  #weighMembers(value: unknown, type: GraphQLInputObjectType, depth: number): number {
    if (typeof value !== 'object' || value === null) return 0;
    let total = 0;
    const fields = type.getFields();
    for (const name of Object.keys(value)) {
      const field = fields[name];
      if (!field) continue;
      const member = (value as Readonly<Record<string, unknown>>)[name];
      total += this.#weigh(member, { place: `${type.name}.${name}`, type: field.type, depth: depth + 1 });
    }
    for (const [name, weight] of this.#defaultsOf(type)) if (!Object.hasOwn(value, name)) total += weight;
    return total;
  }

  /** Members with defaults that weigh something. One that comes to itself again weighs nothing there. */
  #defaultsOf(type: GraphQLInputObjectType): readonly (readonly [name: string, weight: number])[] {
    const known = this.#defaults.get(type);
    if (known) return known;
    this.#defaults.set(type, []);
    const found = Object.values(type.getFields()).flatMap((field) => {
      const weight = this.weigh(defaultOf(field), `${type.name}.${field.name}`, field.type);
      return weight > 0 ? [[field.name, weight] as const] : [];
    });
    this.#defaults.set(type, found);
    return found;
  }
}

interface InputPlace {
  /** Coordinate of the argument or input field. */
  readonly place: string;
  readonly type: GraphQLInputType;
  readonly depth: number;
}

/** The default value of an argument or input field as plain data; undefined where there is none. */
export function defaultOf({ default: value, defaultValue }: GraphQLArgument | GraphQLInputField): unknown {
  // Schemas that libraries put together from others may have it only where graphql 16 had it.
  if (!value) return defaultValue;
  return value.literal ? valueFromASTUntyped(value.literal) : value.value;
}
