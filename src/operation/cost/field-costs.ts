import {
  getNamedType,
  getNullableType,
  isAbstractType,
  isCompositeType,
  isInterfaceType,
  isListType,
  isObjectType,
  type FieldNode,
  type GraphQLArgument,
  type GraphQLCompositeType,
  type GraphQLField,
  type GraphQLOutputType,
  type GraphQLSchema,
} from 'graphql';
import type { CostModel, ListSize } from '../../composition/cost/cost-model.ts';
import { hasVariables, type RawVariables, type VariableReader } from './raw-variables.ts';
import { Slicing } from './slicing.ts';
import { fixed, one, zero, type Term, type Terms } from './terms.ts';
import { defaultOf, InputScale } from './weigh-input.ts';

/** What is the same for every use of a field in an operation. */
export interface FieldFacts {
  /** `Type.field`. */
  readonly coordinate: string;
  /** Undefined: that of the object that it gives. */
  readonly weight: number | undefined;
  /** Number of list levels around its type. */
  readonly lists: number;
  readonly listSize: ListSize | undefined;
  readonly definition: GraphQLField<unknown, unknown>;
  /** Absent for leaves. */
  readonly below: GraphQLCompositeType | undefined;
}

/** A length that a field hands down to lists of what it gives. */
export interface HandedDown {
  readonly fields: readonly string[];
  readonly size: Term;
  /** Equal for equal lengths. */
  readonly key: string;
}

/** A rule that one use of a field may break. */
export interface SliceRule {
  readonly message: string;
  readonly isBroken: (variables: RawVariables) => boolean;
}

/** What one use of a field costs without what is below it. */
export interface FieldUse {
  /** How many values it gives at most: 1 where it is no list. */
  readonly size: Term;
  /** What its arguments weigh: once, however many values it gives. */
  readonly inputs: Term;
  readonly handsDown: HandedDown | undefined;
  readonly rule: SliceRule | undefined;
}

/** Reads what fields cost by schema and model, for the variables of one operation. */
export class FieldCosts {
  readonly schema: GraphQLSchema;
  readonly terms: Terms;
  readonly #model: CostModel;
  readonly #variables: VariableReader;
  readonly #inputs: InputScale;
  readonly #facts = new Map<string, FieldFacts | undefined>();
  readonly #typeWeights = new Map<string, number>();
  /** By list size and slicing arguments. */
  readonly #sizes = new Map<ListSize, Map<string, Sized>>();

  constructor({ schema, model, terms, variables }: FieldCostParts) {
    this.schema = schema;
    this.terms = terms;
    this.#model = model;
    this.#variables = variables;
    this.#inputs = new InputScale(model);
  }

  /** Undefined where the type has no such field. */
  factsOf(type: GraphQLCompositeType, name: string): FieldFacts | undefined {
    const coordinate = `${type.name}.${name}`;
    if (this.#facts.has(coordinate)) return this.#facts.get(coordinate);
    const definition = isObjectType(type) || isInterfaceType(type) ? type.getFields()[name] : undefined;
    const facts = definition && this.#readFacts(coordinate, definition);
    this.#facts.set(coordinate, facts);
    return facts;
  }

  /** Equal for fields that cost the same wherever they are asked for in the same way. */
  priceText(type: GraphQLCompositeType, name: string): string {
    const facts = this.factsOf(type, name);
    if (!facts) return '';
    const { coordinate, weight, lists, listSize, below, definition } = facts;
    const isPlain =
      !listSize && definition.args.every((each) => this.#inputs.isFree(placeOf(coordinate, each), each.type));
    return isPlain ? `${weight ?? ''}|${lists}|${below?.name ?? ''}` : coordinate;
  }

  /** What an object of the type weighs; for an interface or union the most that any of its types does. */
  typeWeight(type: GraphQLCompositeType): number {
    if (!isAbstractType(type)) return this.#model.weights.get(type.name) ?? 1;
    const known = this.#typeWeights.get(type.name);
    if (known !== undefined) return known;
    const weight = this.schema.getPossibleTypes(type).reduce((most, each) => Math.max(most, this.typeWeight(each)), 0);
    this.#typeWeights.set(type.name, weight);
    return weight;
  }

  /** The weight that the model has for a type or field, if any. */
  ownWeight(place: string): number {
    return this.#model.weights.get(place) ?? 0;
  }

  use(facts: FieldFacts, node: FieldNode, around: HandedDown | undefined): FieldUse {
    const sized = facts.listSize && this.#sizeBy(facts, facts.listSize, node);
    const given = facts.listSize?.sizedFields ?? [];
    return {
      size: this.#sizeOf(facts, around?.fields.includes(node.name.value) ? around.size : sized?.size),
      inputs: this.#inputsOf(facts, node),
      handsDown:
        sized && given.length > 0
          ? { fields: given, size: sized.size, key: `${facts.coordinate} ${sized.key}` }
          : undefined,
      rule: sized?.rule,
    };
  }

  #readFacts(coordinate: string, definition: GraphQLField<unknown, unknown>): FieldFacts {
    const named = getNamedType(definition.type);
    const below = isCompositeType(named) ? named : undefined;
    const weight = this.#model.weights.get(coordinate) ?? (below ? undefined : this.ownWeight(named.name));
    const listSize = this.#model.listSizes.get(coordinate);
    return { coordinate, weight, lists: listsOf(definition.type), listSize, definition, below };
  }

  #sizeOf({ lists }: FieldFacts, outermost: Term | undefined): Term {
    if (lists === 0) return one;
    const usual = fixed(this.#model.defaultListSize);
    let size = outermost ?? usual;
    for (let level = 1; level < lists; level++) size = this.terms.product(size, usual);
    return size;
  }

  #sizeBy({ coordinate, definition }: FieldFacts, listSize: ListSize, node: FieldNode): Sized {
    const slicing = new Slicing(listSize, { definition, node, variables: this.#variables });
    const key = slicing.text;
    const known = this.#sizes.get(listSize)?.get(key);
    if (known) return known;
    const usual = listSize.assumedSize ?? this.#model.defaultListSize;
    const size = slicing.isFixed
      ? fixed(slicing.size({}) ?? usual)
      : this.terms.read((variables) => slicing.size(variables) ?? usual);
    const sized = { size, key, rule: slicing.ruleFor(coordinate) };
    const byText = this.#sizes.get(listSize) ?? new Map<string, Sized>();
    this.#sizes.set(listSize, byText.set(key, sized));
    return sized;
  }

  #inputsOf({ coordinate, definition }: FieldFacts, node: FieldNode): Term {
    if (definition.args.length === 0) return zero;
    const weights = definition.args.map((argument) => {
      const place = placeOf(coordinate, argument);
      const { type } = argument;
      if (this.#inputs.isFree(place, type)) return zero;
      const value = node.arguments?.find(({ name }) => name.value === argument.name)?.value;
      const usual = this.#inputs.weigh(defaultOf(argument), place, type);
      if (!value) return fixed(usual);
      const weigh = (variables: RawVariables): number => {
        const data = this.#variables.dataOf(value, variables);
        return data === undefined ? usual : this.#inputs.weigh(data, place, type);
      };
      return hasVariables(value) ? this.terms.read(weigh) : fixed(weigh({}));
    });
    return this.terms.sum(weights);
  }
}

export interface FieldCostParts {
  readonly schema: GraphQLSchema;
  readonly model: CostModel;
  readonly terms: Terms;
  readonly variables: VariableReader;
}

interface Sized {
  readonly size: Term;
  readonly key: string;
  readonly rule: SliceRule | undefined;
}

function placeOf(field: string, { name }: GraphQLArgument): string {
  return `${field}(${name}:)`;
}

function listsOf(type: GraphQLOutputType): number {
  const inner = getNullableType(type);
  return isListType(inner) ? 1 + listsOf(inner.ofType) : 0;
}
