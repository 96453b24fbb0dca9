import {
  isCompositeType,
  Kind,
  parse,
  type GraphQLSchema,
  type OperationDefinitionNode,
  type SelectionSetNode,
} from 'graphql';
import type { CostModel } from '../../composition/cost/cost-model.ts';
import type { EntityFetch, Fetch, Path, Plan, RootFetch } from '../../planner/plan.ts';
import { FieldCosts } from './field-costs.ts';
import { mutationPoints } from './operation-cost.ts';
import { outermost, Places, TooTangled, type CostPlace } from './places.ts';
import { VariableReader, type RawVariables } from './raw-variables.ts';
import { numberOf, one, Terms, zero, type Term } from './terms.ts';

export interface UpstreamCostInput {
  readonly plan: Plan;
  /** All that the supergraph has, what clients do not see included: fetches read keys that clients may not. */
  readonly schema: GraphQLSchema;
  readonly model: CostModel;
}

/** Points that each upstream of a plan is asked for at most, by upstream name. One kept map where no variable decides. */
export type UpstreamCosts = (variables: RawVariables) => ReadonlyMap<string, number>;

/**
 * Compiles what a plan asks of each upstream: each call costs what its document does; entities cost as much as one of them
 * for each object that the calls before may bring at their places. Undefined where the documents are too tangled. Pure.
 */
export function compileUpstreamCosts(input: UpstreamCostInput): UpstreamCosts | undefined {
  try {
    const pricing = new Pricing(input);
    const byUpstream = Map.groupBy(input.plan.fetches, ({ upstream }) => upstream);
    // In the order of the plan: objects must be there before others are looked for among them.
    const costs = new Map(input.plan.fetches.map((fetch) => [fetch.id, pricing.costOf(fetch)]));
    const totals = [...byUpstream].map(
      ([upstream, fetches]) => [upstream, pricing.terms.sum(fetches.map(({ id }) => costs.get(id) ?? zero))] as const,
    );
    return reader(totals, pricing.terms);
  } catch (cause) {
    if (cause instanceof TooTangled) return undefined;
    throw cause;
  }
}

function reader(totals: readonly (readonly [upstream: string, points: Term])[], terms: Terms): UpstreamCosts {
  const read: UpstreamCosts = (variables) => {
    const values = terms.evaluate(variables);
    return new Map(totals.map(([upstream, points]) => [upstream, numberOf(points, values)]));
  };
  if (!terms.isFixed) return read;
  const kept = read({});
  return () => kept;
}

class Pricing {
  readonly terms = new Terms();
  readonly #schema: GraphQLSchema;
  readonly #model: CostModel;
  /** What is asked of the objects at a place of the merged data, by the keys that lead there. */
  readonly #merged = new Map<string, CostPlace[]>();

  constructor({ schema, model }: UpstreamCostInput) {
    this.#schema = schema;
    this.#model = model;
  }

  costOf(fetch: Fetch): Term {
    const node = operationOf(fetch);
    const variables = new VariableReader(node);
    const costs = new FieldCosts({ schema: this.#schema, model: this.#model, terms: this.terms, variables });
    const places = new Places({ costs, variables, fragments: new Map() });
    const pricing = { node, places, variables };
    const cost = fetch.target === 'root' ? this.#rootCost(fetch, pricing) : this.#entityCost(fetch, pricing);
    return this.terms.when(variables.someHold([fetch.conditions]), cost);
  }

  #rootCost(fetch: RootFetch, { node, places }: FetchParts): Term {
    const root = this.#schema.getRootType(fetch.kind);
    if (!root) return zero;
    const surcharge = fetch.kind === 'mutation' ? mutationPoints : 0;
    const place = places.placeOf(root, [{ set: node.selectionSet, conditions: [] }], { ...outermost, surcharge });
    this.#mergeAt(fetch.at, place);
    return place.fields;
  }

  #entityCost(fetch: EntityFetch, { node, places, variables }: FetchParts): Term {
    const costs = fetch.targets.map((target) => {
      const type = this.#schema.getType(target.type);
      const set = selectionsUnder(node, target.alias);
      if (!set || !isCompositeType(type)) return zero;
      const place = places.placeOf(type, [{ set, conditions: [] }], outermost);
      const objects = this.terms.sum(target.paths.map((path) => this.#objectsAt(path)));
      for (const path of target.paths) this.#mergeAt(path, place);
      const holds = variables.someHold([target.conditions]);
      return this.terms.when(holds, this.terms.product(objects, place.whole));
    });
    return this.terms.sum(costs);
  }

  #mergeAt(path: Path, place: CostPlace): void {
    const key = keysOf(path).join('.');
    const known = this.#merged.get(key);
    if (known) known.push(place);
    else this.#merged.set(key, [place]);
  }

  /** How many objects there are at most. Where types are told apart on the way, all may be of the one. */
  #objectsAt(path: Path): Term {
    let places: readonly CostPlace[] = this.#merged.get('') ?? [];
    let count = one;
    const walked: string[] = [];
    for (const key of keysOf(path)) {
      walked.push(key);
      const fields = places.flatMap(({ variants }) =>
        variants.flatMap(({ asked }) => asked.filter(({ responseKey }) => responseKey === key)),
      );
      // Conditions on the way are those of the target, too.
      if (fields.length > 0) count = this.terms.product(count, this.terms.max(fields.map(({ size }) => size)));
      places = [...fields.flatMap(({ below }) => below ?? []), ...(this.#merged.get(walked.join('.')) ?? [])];
    }
    return count;
  }
}

interface FetchParts {
  readonly node: OperationDefinitionNode;
  readonly places: Places;
  readonly variables: VariableReader;
}

function operationOf({ text }: Fetch): OperationDefinitionNode {
  const [node] = parse(text, { noLocation: true }).definitions;
  if (node?.kind !== Kind.OPERATION_DEFINITION) throw new TypeError('Expected the text of a fetch to be an operation');
  return node;
}

function selectionsUnder({ selectionSet }: OperationDefinitionNode, key: string): SelectionSetNode | undefined {
  for (const node of selectionSet.selections) {
    if (node.kind === Kind.FIELD && (node.alias?.value ?? node.name.value) === key) return node.selectionSet;
  }
  return undefined;
}

function keysOf(path: Path): readonly string[] {
  return path.flatMap((part) => (part.step === 'field' ? [part.key] : []));
}
