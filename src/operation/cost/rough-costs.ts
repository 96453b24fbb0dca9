import {
  isAbstractType,
  isCompositeType,
  Kind,
  type FieldNode,
  type FragmentDefinitionNode,
  type GraphQLCompositeType,
  type SelectionSetNode,
} from 'graphql';
import { conditionsWith } from './conditions.ts';
import type { FieldCosts, HandedDown } from './field-costs.ts';
import type { PlaceParts } from './places.ts';
import { fixed, maxPoints, zero, type Term } from './terms.ts';

/** Selections below each other, fragments included; what is below counts as the most there is. */
const maxDepth = 1_000;

/**
 * What a document costs at most that is too tangled to be taken apart: each selection counts where it stands, though the
 * answer may have it once, and those of types that exclude each other are added up. Each selection set is looked at once
 * for each type it is asked of.
 */
export class RoughCosts {
  readonly #costs: FieldCosts;
  readonly #variables: PlaceParts['variables'];
  readonly #fragments: ReadonlyMap<string, FragmentDefinitionNode>;
  readonly #known = new Map<SelectionSetNode, Map<string, Term>>();

  constructor({ costs, variables, fragments }: PlaceParts) {
    this.#costs = costs;
    this.#variables = variables;
    this.#fragments = fragments;
  }

  /** `surcharge`: what each field costs beside its own. */
  costOf(set: SelectionSetNode, type: GraphQLCompositeType, surcharge: number): Term {
    return this.#cost(set, type, { surcharge, depth: 0, handedDown: undefined });
  }

  #cost(set: SelectionSetNode, type: GraphQLCompositeType, around: RoughlyAround): Term {
    if (around.depth > maxDepth) return fixed(maxPoints);
    const key = `${type.name} ${around.surcharge} ${around.handedDown?.key ?? ''}`;
    const bySet = this.#known.get(set) ?? new Map<string, Term>();
    const known = bySet.get(key);
    if (known) return known;
    const { terms } = this.#costs;
    const cost = terms.sum(
      set.selections.map((node) => {
        const conditions = conditionsWith([], node.directives);
        if (!conditions) return zero;
        return terms.when(this.#variables.someHold([conditions]), this.#selection(node, type, around));
      }),
    );
    this.#known.set(set, bySet.set(key, cost));
    return cost;
  }

  #selection(node: SelectionSetNode['selections'][number], type: GraphQLCompositeType, around: RoughlyAround): Term {
    if (node.kind === Kind.FIELD) {
      const owners = this.#ownersOf(type, node.name.value);
      return this.#costs.terms.max(owners.map((owner) => this.#field(node, owner, around)));
    }
    const fragment = node.kind === Kind.INLINE_FRAGMENT ? node : this.#fragments.get(node.name.value);
    const condition = fragment?.typeCondition?.name.value;
    const narrowed = condition === undefined ? type : this.#costs.schema.getType(condition);
    if (!fragment || !isCompositeType(narrowed)) return zero;
    return this.#cost(fragment.selectionSet, narrowed, { ...around, depth: around.depth + 1 });
  }

  /** Types that the field may be of, one of each price. */
  #ownersOf(type: GraphQLCompositeType, name: string): readonly GraphQLCompositeType[] {
    if (!isAbstractType(type)) return [type];
    const owners = new Map<string, GraphQLCompositeType>();
    for (const each of this.#costs.schema.getPossibleTypes(type)) owners.set(this.#costs.priceText(each, name), each);
    return [...owners.values()];
  }

  #field(node: FieldNode, owner: GraphQLCompositeType, around: RoughlyAround): Term {
    const facts = this.#costs.factsOf(owner, node.name.value);
    if (!facts) return zero;
    const { terms } = this.#costs;
    const { size, inputs, handsDown } = this.#costs.use(facts, node, around.handedDown);
    const { below } = facts;
    const weight = facts.weight ?? (below ? this.#costs.typeWeight(below) : 0);
    const inner =
      below && node.selectionSet
        ? this.#cost(node.selectionSet, below, { surcharge: 0, depth: around.depth + 1, handedDown: handsDown })
        : zero;
    const values = terms.product(size, terms.sum([fixed(weight), inner]));
    return terms.sum([inputs, fixed(around.surcharge), values]);
  }
}

interface RoughlyAround {
  readonly surcharge: number;
  readonly depth: number;
  readonly handedDown: HandedDown | undefined;
}
