import { Kind, print, type FieldNode, type GraphQLField, type ValueNode } from 'graphql';
import type { ListSize } from '../../composition/cost/cost-model.ts';
import type { SliceRule } from './field-costs.ts';
import { hasVariables, type RawVariables, type VariableReader } from './raw-variables.ts';
import { maxPoints } from './terms.ts';
import { defaultOf } from './weigh-input.ts';

export interface SlicedField {
  readonly definition: GraphQLField<unknown, unknown>;
  readonly node: FieldNode;
  readonly variables: VariableReader;
}

/** One slicing argument of one use of a field. */
interface Slice {
  readonly path: readonly string[];
  /** As the document gives it. */
  readonly value: ValueNode | undefined;
  /** What the argument's default asks for. */
  readonly usual: number | undefined;
}

/**
 * How many items the slicing arguments of one use of a field ask for: the most that any of them does.
 *
 * @see {@link https://ibm.github.io/graphql-specs/cost-spec.html#sec-slicingArguments | GraphQL Cost Directives, slicingArguments}
 */
export class Slicing {
  /** Whether no variable decides. */
  readonly isFixed: boolean;
  /** Equal for uses that ask for as many with the same variables. */
  readonly text: string;
  readonly #slices: readonly Slice[];
  readonly #variables: VariableReader;
  readonly #isOneRequired: boolean;

  constructor(listSize: ListSize, { definition, node, variables }: SlicedField) {
    this.#variables = variables;
    this.#slices = listSize.slicingArguments.flatMap((text) => {
      const [name = '', ...path] = text.split('.');
      const argument = definition.args.find((each) => each.name === name);
      if (!argument) return [];
      const value = node.arguments?.find((each) => each.name.value === name)?.value;
      return [{ path, value, usual: countOf(memberAt(defaultOf(argument), path)) ?? undefined }];
    });
    this.#isOneRequired = listSize.requireOneSlicingArgument && this.#slices.length > 0;
    this.isFixed = this.#slices.every(({ value }) => !value || !hasVariables(value));
    this.text = this.#slices.map(({ value, usual }) => `${value ? print(value) : ''}=${usual ?? ''}`).join(' ');
  }

  /** Undefined where none of them has a value. */
  size(variables: RawVariables): number | undefined {
    let size: number | undefined;
    for (const slice of this.#slices) {
      const given = this.#given(slice, variables);
      const count = given === undefined ? slice.usual : given;
      if (typeof count === 'number' && (size === undefined || count > size)) size = count;
    }
    return size;
  }

  /** Undefined where nothing that a client sends breaks it. */
  ruleFor(coordinate: string): SliceRule | undefined {
    if (!this.#isOneRequired) return undefined;
    const isBroken = (variables: RawVariables): boolean => {
      const given = this.#slices.map((slice) => this.#given(slice, variables));
      const counts = given.filter((count) => typeof count === 'number').length;
      if (counts > 0) return counts > 1;
      return !this.#slices.some(({ usual }, index) => usual !== undefined && given[index] === undefined);
    };
    if (this.isFixed && !isBroken({})) return undefined;
    return { message: `Expected exactly one of the arguments that slice "${coordinate}"`, isBroken };
  }

  /** Null where the client says so: then the default does not apply. */
  #given({ path, value }: Slice, variables: RawVariables): number | null | undefined {
    if (!value) return undefined;
    const count = countOf(memberAt(this.#variables.dataOf(value, variables), path));
    if (count !== undefined || value.kind !== Kind.VARIABLE) return count;
    return countOf(memberAt(this.#variables.defaultOf(value.name.value), path));
  }
}

function memberAt(data: unknown, path: readonly string[]): unknown {
  return path.reduce<unknown>((inner, name) => {
    const hasIt = typeof inner === 'object' && inner !== null && Object.hasOwn(inner, name);
    return hasIt ? (inner as Readonly<Record<string, unknown>>)[name] : undefined;
  }, data);
}

/** A list of ids slices by its length. What is no integer and no list says nothing. */
function countOf(data: unknown): number | null | undefined {
  if (data === null) return null;
  if (Array.isArray(data)) return data.length;
  return Number.isInteger(data) ? Math.min(Math.max(data as number, 0), maxPoints) : undefined;
}
