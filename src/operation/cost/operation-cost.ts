import {
  GraphQLError,
  Kind,
  OperationTypeNode,
  type DocumentNode,
  type FragmentDefinitionNode,
  type GraphQLSchema,
  type OperationDefinitionNode,
} from 'graphql';
import type { CostModel } from '../../composition/cost/cost-model.ts';
import { GatewayError } from '../../errors.ts';
import { actualOf } from './actual-cost.ts';
import { dearestOf, type DearField } from './dearest.ts';
import { FieldCosts, type SliceRule } from './field-costs.ts';
import { outermost, Places, TooTangled, type CostField, type CostPlace, type PlaceParts } from './places.ts';
import { VariableReader, type RawVariables } from './raw-variables.ts';
import { RoughCosts } from './rough-costs.ts';
import { fixed, maxPoints, numberOf, Terms, type Term } from './terms.ts';

export interface CostInput {
  /** A document that is valid against `schema`. */
  readonly document: DocumentNode;
  /** The operation of it that runs. */
  readonly node: OperationDefinitionNode;
  /** What clients see. */
  readonly schema: GraphQLSchema;
  readonly model: CostModel;
}

/** What one operation costs, in points: integers from 0 to 2^53 - 1, where they end. */
export interface OperationCost {
  /** The most that it costs with these variables, which need not be coerced. One kept object where no variable decides. */
  readonly estimate: (variables: RawVariables) => CostEstimate;
  /**
   * What an answer cost: `data` is the answer's, under the client's response keys. Never throws. A document that is too
   * tangled to be held against its answer costs what was estimated.
   */
  readonly actual: (data: unknown, variables: RawVariables) => number;
}

export interface CostEstimate {
  readonly points: number;
  /** Found out when it is first read; undefined where nothing costs anything, or the document is too tangled to tell. */
  readonly dearest: DearField | undefined;
  /**
   * Set where a list must be sliced by exactly one argument and is not: `BAD_USER_INPUT`. `points` then counts what is there,
   * or the length that is assumed.
   */
  readonly error: GraphQLError | undefined;
}

/**
 * What each mutation costs beside its fields. Apollo Router adds it once for an operation; here each root field is a
 * mutation, so that aliases do not make them cheap.
 *
 * @see {@link https://www.apollographql.com/docs/graphos/routing/security/demand-control#calculating-cost | Demand Control}
 */
export const mutationPoints = 10;

/**
 * Compiles what an operation costs. A field costs its weight and all below it, for as many values as its list may have, and
 * its arguments once. Fields are counted as they are answered: the same response key at the same place once, each alias
 * anew, and of types that exclude each other the dearest. `@skip` and `@include` go by their variables; introspection is
 * free. What depends on no variable is a number afterwards. Pure; linear in the document, whatever its fragments nest.
 *
 * @see {@link https://ibm.github.io/graphql-specs/cost-spec.html | GraphQL Cost Directives}
 */
export function compileCost(input: CostInput): OperationCost {
  const surcharge = input.node.operation === OperationTypeNode.MUTATION ? mutationPoints : 0;
  const root = input.schema.getRootType(input.node.operation);
  if (!root) return { estimate: () => nothing, actual: () => 0 };
  try {
    const { parts, own } = partsOf(input, root.name);
    const places = new Places(parts);
    const asked = [{ set: input.node.selectionSet, conditions: [] }];
    const place = places.placeOf(root, asked, { ...outermost, surcharge });
    return preciseCost({ place, own, terms: parts.costs.terms, rules: places.rules });
  } catch (cause) {
    if (!(cause instanceof TooTangled)) throw cause;
    const { parts, own } = partsOf(input, root.name);
    const { terms } = parts.costs;
    const total = terms.sum([own, new RoughCosts(parts).costOf(input.node.selectionSet, root, surcharge)]);
    return roughCost(total, terms);
  }
}

const nothing: CostEstimate = { points: 0, dearest: undefined, error: undefined };

function partsOf(
  { document, node, schema, model }: CostInput,
  root: string,
): { readonly parts: PlaceParts; readonly own: Term } {
  const variables = new VariableReader(node);
  const costs = new FieldCosts({ schema, model, terms: new Terms(), variables });
  // A root object is no field's: only what the schema says of it counts.
  return { parts: { costs, variables, fragments: fragmentsOf(document) }, own: fixed(costs.ownWeight(root)) };
}

function fragmentsOf({ definitions }: DocumentNode): ReadonlyMap<string, FragmentDefinitionNode> {
  return new Map(
    definitions.flatMap((node) => (node.kind === Kind.FRAGMENT_DEFINITION ? [[node.name.value, node] as const] : [])),
  );
}

function roughCost(total: Term, terms: Terms): OperationCost {
  const points = (variables: RawVariables): number => numberOf(total, terms.evaluate(variables));
  const kept = terms.isFixed ? { ...nothing, points: points({}) } : undefined;
  return {
    estimate: (variables) => kept ?? { ...nothing, points: points(variables) },
    actual: (_, variables) => kept?.points ?? points(variables),
  };
}

interface Precise {
  readonly place: CostPlace;
  readonly own: Term;
  readonly terms: Terms;
  readonly rules: readonly SliceRule[];
}

function preciseCost({ place, own, terms, rules }: Precise): OperationCost {
  const total = terms.sum([own, place.fields]);
  const estimateFor = (variables: RawVariables): CostEstimate => {
    const points = numberOf(total, terms.evaluate(variables));
    const isBroken = rules.some((rule) => rule.isBroken(variables));
    const error = isBroken ? brokenRule(place, variables) : undefined;
    return new LazyEstimate({ points, error }, () => dearestOf(place, terms.evaluate(variables)));
  };
  const kept = terms.isFixed && rules.length === 0 ? estimateFor({}) : undefined;
  return {
    estimate: (variables) => kept ?? estimateFor(variables),
    actual: (data, variables) => {
      const values = terms.evaluate(variables);
      return Math.min(numberOf(own, values) + actualOf(data, place, values), maxPoints);
    },
  };
}

/** Only who is refused asks for the dearest field. */
class LazyEstimate implements CostEstimate {
  readonly points: number;
  readonly error: GraphQLError | undefined;
  #find: (() => DearField | undefined) | undefined;
  #dearest: DearField | undefined;

  constructor({ points, error }: Pick<CostEstimate, 'points' | 'error'>, find: () => DearField | undefined) {
    this.points = points;
    this.error = error;
    this.#find = find;
  }

  get dearest(): DearField | undefined {
    this.#dearest ??= this.#find?.();
    this.#find = undefined;
    return this.#dearest;
  }
}

/** The first broken rule of a field that is asked for: one that conditions leave out breaks none. */
function brokenRule(root: CostPlace, variables: RawVariables): GraphQLError | undefined {
  const seen = new Set<CostPlace>();
  const pending = [root];
  for (let place = pending.pop(); place; place = pending.pop()) {
    if (seen.has(place)) continue;
    seen.add(place);
    for (const field of place.variants.flatMap(({ asked }) => asked)) {
      if (field.holds && !field.holds(variables)) continue;
      if (field.rule?.isBroken(variables)) return errorOf(field, field.rule.message);
      if (field.below) pending.push(field.below);
    }
  }
  return undefined;
}

function errorOf({ node }: CostField, message: string): GraphQLError {
  return new GraphQLError(message, { nodes: [node], originalError: new GatewayError('BAD_USER_INPUT', message) });
}
