import {
  isAbstractType,
  isCompositeType,
  Kind,
  type FieldNode,
  type FragmentDefinitionNode,
  type GraphQLCompositeType,
  type GraphQLObjectType,
  type SelectionSetNode,
} from 'graphql';
import type { Condition } from '../../planner/plan.ts';
import { conditionsWith, textOfConditions } from './conditions.ts';
import type { FieldCosts, FieldUse, HandedDown, SliceRule } from './field-costs.ts';
import type { RawVariables, VariableReader } from './raw-variables.ts';
import { fixed, one, zero, type Term } from './terms.ts';

/** All that is asked of the objects at one place, taken together as GraphQL answers it: each response key once. */
export interface CostPlace {
  /** One for each way in which object types differ there. */
  readonly variants: readonly Variant[];
  /** The most that one object's fields cost. */
  readonly fields: Term;
  /** The same with the object's own weight. */
  readonly whole: Term;
  /** The most that an object weighs. */
  readonly weight: number;
}

/** What is asked of objects of certain types. */
export interface Variant {
  readonly types: readonly string[];
  /** What an object weighs by its type. */
  readonly weight: number;
  readonly asked: readonly CostField[];
  readonly fields: Term;
  /** Response key that `__typename` is always answered under, if there is one. */
  readonly typename: string | undefined;
}

export interface CostField {
  readonly responseKey: string;
  readonly coordinate: string;
  readonly node: FieldNode;
  /** Undefined: that of the object that it gives. */
  readonly weight: number | undefined;
  readonly lists: number;
  readonly size: Term;
  /** What it costs however many values it gives. */
  readonly once: Term;
  readonly below: CostPlace | undefined;
  /** All together; 0 where its conditions do not hold. */
  readonly points: Term;
  /** Undefined: it is always asked for. */
  readonly holds: ((variables: RawVariables) => boolean) | undefined;
  readonly rule: SliceRule | undefined;
}

/** Too many fields to take apart one by one. */
export class TooTangled extends Error {}

/** Selections that may be looked at for one operation, each once for each object type in question. */
const maxSteps = 30_000;

/** Fields below each other; beyond, the stack would be at risk. */
const maxDepth = 500;

/** A selection set that is asked under conditions. */
export interface Asked {
  readonly set: SelectionSetNode;
  readonly conditions: readonly Condition[];
}

interface Occurrence {
  readonly node: FieldNode;
  readonly conditions: readonly Condition[];
}

export interface PlaceParts {
  readonly costs: FieldCosts;
  readonly variables: VariableReader;
  readonly fragments: ReadonlyMap<string, FragmentDefinitionNode>;
}

/** What stands around the selections of a place. */
export interface Around {
  readonly handedDown: HandedDown | undefined;
  /** What each field costs beside its own: mutations. */
  readonly surcharge: number;
  readonly depth: number;
}

export const outermost: Around = { handedDown: undefined, surcharge: 0, depth: 0 };

/**
 * Takes selections apart. Places that ask the same of the same type are one, so that fragments cost what they are long,
 * not what they are when written out.
 */
export class Places {
  /** Rules of fields that a request may break. */
  readonly rules: SliceRule[] = [];
  readonly #parts: PlaceParts;
  readonly #known = new Map<string, CostPlace>();
  readonly #ids = new Map<object, number>();
  #steps = 0;

  constructor(parts: PlaceParts) {
    this.#parts = parts;
  }

  /** @throws {TooTangled} where it would take too long. */
  placeOf(type: GraphQLCompositeType, asked: readonly Asked[], around: Around): CostPlace {
    if (around.depth > maxDepth) throw new TooTangled();
    const sets = new Set(asked.map(({ set, conditions }) => `${this.#idOf(set)}${textOfConditions(conditions)}`));
    const key = `${type.name} ${around.handedDown?.key ?? ''} ${[...sets].toSorted().join(',')}`;
    const known = this.#known.get(key);
    if (known) return known;
    const { costs } = this.#parts;
    const possible = isAbstractType(type) ? costs.schema.getPossibleTypes(type) : [type as GraphQLObjectType];
    const variants = this.#kindsOf(possible, asked).map((kind) => this.#variant(kind, around));
    const { terms } = costs;
    const place = {
      variants,
      fields: terms.max(variants.map(({ fields }) => fields)),
      whole: terms.max(variants.map(({ weight, fields }) => terms.sum([fixed(weight), fields]))),
      weight: costs.typeWeight(type),
    };
    this.#known.set(key, place);
    return place;
  }

  /** Types of which the same is asked at the same price are of one kind. */
  #kindsOf(types: readonly GraphQLObjectType[], asked: readonly Asked[]): readonly KindOfObject[] {
    const kinds = new Map<string, KindOfObject>();
    for (const type of types) {
      const groups: Groups = new Map();
      const seen = new Set<string>();
      for (const each of asked) this.#collect(each, type, { groups, seen });
      const text = types.length > 1 ? this.#textOf(type, groups) : '';
      const known = kinds.get(text);
      if (known) known.types.push(type.name);
      else kinds.set(text, { type, types: [type.name], groups });
    }
    return [...kinds.values()];
  }

  #textOf(type: GraphQLObjectType, groups: Groups): string {
    const { costs } = this.#parts;
    const fields = [...groups].map(([key, occurrences]) => {
      const name = occurrences[0]?.node.name.value ?? '';
      const asked = occurrences.map(({ node, conditions }) => `${this.#idOf(node)}${textOfConditions(conditions)}`);
      return `${key}:${costs.priceText(type, name)} ${asked.join(' ')}`;
    });
    return `${costs.typeWeight(type)} ${fields.join(';')}`;
  }

  #variant({ type, types, groups }: KindOfObject, around: Around): Variant {
    const fields = [...groups].flatMap(([key, occurrences]) => this.#field(type, { key, occurrences }, around) ?? []);
    const { costs } = this.#parts;
    return {
      types,
      weight: costs.typeWeight(type),
      asked: fields,
      fields: costs.terms.sum(fields.map(({ points }) => points)),
      typename: fields.find(({ node, holds }) => node.name.value === '__typename' && !holds)?.responseKey,
    };
  }

  #collect(outer: Asked, type: GraphQLObjectType, { groups, seen }: Collecting): void {
    // A list of its own instead of the stack: fragments may nest as deep as a document is long.
    const pending: Asked[] = [outer];
    for (let next = pending.pop(); next; next = pending.pop()) {
      const id = this.#idOf(next.set);
      const identity = `${id}${textOfConditions(next.conditions)}`;
      if (seen.has(`${id}`) || seen.has(identity)) continue;
      seen.add(identity);
      const inner: Asked[] = [];
      for (const node of next.set.selections) {
        this.#spend();
        const conditions = conditionsWith(next.conditions, node.directives);
        if (conditions === null) continue;
        if (node.kind === Kind.FIELD) {
          const key = node.alias?.value ?? node.name.value;
          const group = groups.get(key);
          if (group) group.push({ node, conditions });
          else groups.set(key, [{ node, conditions }]);
          continue;
        }
        const fragment = node.kind === Kind.INLINE_FRAGMENT ? node : this.#parts.fragments.get(node.name.value);
        const condition = fragment?.typeCondition?.name.value;
        if (fragment && this.#meets(type, condition)) inner.push({ set: fragment.selectionSet, conditions });
      }
      pending.push(...inner.toReversed());
    }
  }

  #meets(type: GraphQLObjectType, condition: string | undefined): boolean {
    if (condition === undefined || condition === type.name) return true;
    const { schema } = this.#parts.costs;
    const wanted = schema.getType(condition);
    return isCompositeType(wanted) && isAbstractType(wanted) && schema.isSubType(wanted, type);
  }

  #field(
    type: GraphQLObjectType,
    { key, occurrences }: { readonly key: string; readonly occurrences: readonly Occurrence[] },
    around: Around,
  ): CostField | undefined {
    const [first] = occurrences;
    if (!first) return undefined;
    const { node } = first;
    const when = occurrences.map(({ conditions }) => conditions);
    const holds = this.#parts.variables.someHold(when);
    const { costs } = this.#parts;
    const facts = costs.factsOf(type, node.name.value);
    const at = { responseKey: key, coordinate: `${type.name}.${node.name.value}`, node, holds };
    // Introspection is free: the gateway answers it from memory.
    if (!facts) return { ...at, ...free };
    const use = costs.use(facts, node, around.handedDown);
    if (use.rule) this.rules.push(use.rule);
    const below = facts.below && this.placeOf(facts.below, askedBelow(occurrences), belowOf(use, around));
    const { terms } = costs;
    const each = below ? wholeOf(below, facts.weight, this.#parts) : fixed(facts.weight ?? 0);
    const once = terms.sum([use.inputs, fixed(around.surcharge)]);
    const points = terms.when(holds, terms.sum([once, terms.product(use.size, each)]));
    const { weight, lists } = facts;
    return { ...at, weight, lists, size: use.size, once, below, points, rule: use.rule };
  }

  #idOf(set: object): number {
    const known = this.#ids.get(set);
    if (known !== undefined) return known;
    this.#ids.set(set, this.#ids.size);
    return this.#ids.size - 1;
  }

  #spend(): void {
    this.#steps += 1;
    if (this.#steps > maxSteps) throw new TooTangled();
  }
}

/** Occurrences by response key. */
type Groups = Map<string, Occurrence[]>;

interface KindOfObject {
  /** The first of them. */
  readonly type: GraphQLObjectType;
  readonly types: string[];
  readonly groups: Groups;
}

interface Collecting {
  readonly groups: Groups;
  /** Selection sets that were collected already, with their conditions. */
  readonly seen: Set<string>;
}

const free = { weight: 0, lists: 0, size: one, once: zero, below: undefined, points: zero, rule: undefined };

function belowOf(use: FieldUse, { depth }: Around): Around {
  return { handedDown: use.handsDown, surcharge: 0, depth: depth + 1 };
}

/** What one object costs: a weight that the field itself has is in place of the object's. */
function wholeOf(place: CostPlace, weight: number | undefined, { costs }: PlaceParts): Term {
  return weight === undefined ? place.whole : costs.terms.sum([fixed(weight), place.fields]);
}

/** Conditions that all occurrences share are the field's own; only others go on below it. */
function askedBelow(occurrences: readonly Occurrence[]): readonly Asked[] {
  const isSame = new Set(occurrences.map(({ conditions }) => textOfConditions(conditions))).size === 1;
  return occurrences.flatMap(({ node, conditions }) =>
    node.selectionSet ? [{ set: node.selectionSet, conditions: isSame ? [] : conditions }] : [],
  );
}
