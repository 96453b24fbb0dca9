import {
  Kind,
  type ConstDirectiveNode,
  type ConstValueNode,
  type DocumentNode,
  type TypeDefinitionNode,
} from 'graphql';
import { argumentOf, fieldsOf, mergedTypes } from '../definitions.ts';
import { costDirectivesOf, type CostDirective } from './cost-directives.ts';

/**
 * What a supergraph says of costs, as data over names.
 *
 * @see {@link https://ibm.github.io/graphql-specs/cost-spec.html | GraphQL Cost Directives}
 * @see {@link https://specs.apollo.dev/cost/v0.1/ | cost v0.1}
 */
export interface CostModel {
  /**
   * By coordinate: `Type`, `Type.field`, `Type.field(argument:)`, `Input.field`. Integers of 0 or more; what is absent has
   * the weight of its type, and types that are absent weigh 1 (objects, inputs) or 0 (scalars, enums).
   */
  readonly weights: ReadonlyMap<string, number>;
  /** By `Type.field`. */
  readonly listSizes: ReadonlyMap<string, ListSize>;
  /** Length of lists that nothing is said of; 0 or more. */
  readonly defaultListSize: number;
}

/** One `@listSize`. */
export interface ListSize {
  /** Where no slicing argument has a value; 0 or more. */
  readonly assumedSize: number | undefined;
  /** Arguments that say how many are wanted at most; `input.first` is a field of an input object. */
  readonly slicingArguments: readonly string[];
  /** Fields of what the field gives whose lists are as long; empty: the field's own list is. */
  readonly sizedFields: readonly string[];
  /** Whether exactly one of the slicing arguments must have a value. */
  readonly requireOneSlicingArgument: boolean;
}

/**
 * The costs of a supergraph. What an interface's field says holds for the types that implement it and say nothing. Pure.
 * A negative weight counts as 0: it would let one field pay for another.
 */
export function readCostModel(
  supergraph: DocumentNode,
  { defaultListSize }: Pick<CostModel, 'defaultListSize'>,
): CostModel {
  const reader = new Reader(costDirectivesOf(supergraph));
  const types = mergedTypes(supergraph);
  for (const [name, type] of types) reader.readType(name, type);
  for (const [name, type] of types) if (type.kind === Kind.OBJECT_TYPE_DEFINITION) reader.inherit(name, type, types);
  return { weights: reader.weights, listSizes: reader.listSizes, defaultListSize };
}

interface Directed {
  readonly directives?: readonly ConstDirectiveNode[] | undefined;
}

class Reader {
  readonly weights = new Map<string, number>();
  readonly listSizes = new Map<string, ListSize>();
  readonly #names: ReadonlyMap<string, CostDirective>;

  constructor(names: ReadonlyMap<string, CostDirective>) {
    this.#names = names;
  }

  readType(name: string, type: TypeDefinitionNode): void {
    this.#readWeight(name, type);
    for (const field of fieldsOf(type)) {
      const coordinate = `${name}.${field.name.value}`;
      this.#readWeight(coordinate, field);
      const [listSize] = this.#directivesOf(field, 'listSize');
      if (listSize) this.listSizes.set(coordinate, readListSize(listSize));
      if (field.kind !== Kind.FIELD_DEFINITION) continue;
      for (const argument of field.arguments ?? [])
        this.#readWeight(`${coordinate}(${argument.name.value}:)`, argument);
    }
  }

  inherit(name: string, type: TypeDefinitionNode, types: ReadonlyMap<string, TypeDefinitionNode>): void {
    const interfaces = 'interfaces' in type ? (type.interfaces ?? []) : [];
    for (const { name: each } of interfaces)
      for (const field of fieldsOf(types.get(each.value))) {
        const inputs = field.kind === Kind.FIELD_DEFINITION ? (field.arguments ?? []) : [];
        for (const end of ['', ...inputs.map((input) => `(${input.name.value}:)`)]) {
          const member = `.${field.name.value}${end}`;
          inheritOne(this.weights, name + member, each.value + member);
          inheritOne(this.listSizes, name + member, each.value + member);
        }
      }
  }

  #readWeight(coordinate: string, node: Directed): void {
    const [cost] = this.#directivesOf(node, 'cost');
    const weight = cost && integerOf(valueOf(cost, 'weight'));
    if (weight !== undefined) this.weights.set(coordinate, weight);
  }

  #directivesOf({ directives = [] }: Directed, wanted: CostDirective): readonly ConstDirectiveNode[] {
    return directives.filter(({ name }) => this.#names.get(name.value) === wanted);
  }
}

function inheritOne<T>(map: Map<string, T>, own: string, from: string): void {
  const value = map.get(from);
  if (value !== undefined && !map.has(own)) map.set(own, value);
}

function readListSize(directive: ConstDirectiveNode): ListSize {
  return {
    assumedSize: integerOf(valueOf(directive, 'assumedSize')),
    slicingArguments: textsOf(valueOf(directive, 'slicingArguments')),
    sizedFields: textsOf(valueOf(directive, 'sizedFields')),
    requireOneSlicingArgument: argumentOf(directive, 'requireOneSlicingArgument') !== false,
  };
}

function valueOf(directive: ConstDirectiveNode, name: string): ConstValueNode | undefined {
  return directive.arguments?.find((argument) => argument.name.value === name)?.value;
}

/** Also of texts and fractions: the original specification writes weights as strings. */
function integerOf(value: ConstValueNode | undefined): number | undefined {
  const isNumber = value?.kind === Kind.INT || value?.kind === Kind.FLOAT || value?.kind === Kind.STRING;
  const number = isNumber ? Math.ceil(Number(value.value)) : Number.NaN;
  return Number.isNaN(number) ? undefined : Math.min(Math.max(number, 0), Number.MAX_SAFE_INTEGER);
}

function textsOf(value: ConstValueNode | undefined): readonly string[] {
  return value?.kind === Kind.LIST
    ? value.values.flatMap((each) => (each.kind === Kind.STRING ? [each.value] : []))
    : [];
}
