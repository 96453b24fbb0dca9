import { Kind, valueFromASTUntyped, type OperationDefinitionNode, type ValueNode } from 'graphql';
import type { Condition } from '../../planner/plan.ts';

/** Variables as a client sent them: nothing of them was checked. */
export type RawVariables = Readonly<Record<string, unknown>>;

/** Reads the variables of one operation, whatever they are. */
export class VariableReader {
  readonly #defaults = new Map<string, unknown>();

  constructor(declared: Pick<OperationDefinitionNode, 'variableDefinitions'>) {
    for (const { variable, defaultValue } of declared.variableDefinitions ?? []) {
      if (defaultValue) this.#defaults.set(variable.name.value, valueFromASTUntyped(defaultValue));
    }
  }

  /** What was sent, else the default; undefined where there is neither. */
  valueOf(name: string, variables: RawVariables): unknown {
    // Names come from outside: `__proto__` is one.
    const sent = Object.hasOwn(variables, name) ? variables[name] : undefined;
    return sent === undefined ? this.#defaults.get(name) : sent;
  }

  /** A default that is used in place of a value of the wrong kind; the request will be refused. */
  defaultOf(name: string): unknown {
    return this.#defaults.get(name);
  }

  /** A value of a document as plain data. Members that are absent variables are left out. */
  dataOf(node: ValueNode, variables: RawVariables): unknown {
    if (node.kind === Kind.VARIABLE) return this.valueOf(node.name.value, variables);
    if (node.kind === Kind.LIST) return node.values.map((each) => this.dataOf(each, variables) ?? null);
    if (node.kind !== Kind.OBJECT) return valueFromASTUntyped(node);
    const data = Object.create(null) as Record<string, unknown>;
    for (const { name, value } of node.fields) {
      const member = this.dataOf(value, variables);
      if (member !== undefined) data[name.value] = member;
    }
    return data;
  }

  /**
   * Whether all of one list may hold. A value that is no boolean decides nothing: the more is counted. Undefined where no
   * variable is asked. Empty `when`: always.
   */
  someHold(when: readonly (readonly Condition[])[]): ((variables: RawVariables) => boolean) | undefined {
    if (when.length === 0 || when.some((all) => all.length === 0)) return undefined;
    const mayHold = ({ variable, is }: Condition, variables: RawVariables): boolean => {
      const value = this.valueOf(variable, variables);
      return typeof value !== 'boolean' || value === is;
    };
    return (variables) => when.some((all) => all.every((each) => mayHold(each, variables)));
  }
}

/** Whether a value depends on variables. */
export function hasVariables(node: ValueNode): boolean {
  if (node.kind === Kind.VARIABLE) return true;
  if (node.kind === Kind.LIST) return node.values.some(hasVariables);
  return node.kind === Kind.OBJECT && node.fields.some(({ value }) => hasVariables(value));
}
