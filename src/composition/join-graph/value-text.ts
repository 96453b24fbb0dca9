import { Kind, type ValueNode } from 'graphql';

/** A value as compact GraphQL text: one spelling for one value, so that equal arguments compare equal. */
export function valueText(value: ValueNode): string {
  switch (value.kind) {
    case Kind.VARIABLE:
      return `$${value.name.value}`;
    case Kind.STRING:
      return JSON.stringify(value.value);
    case Kind.BOOLEAN:
      return String(value.value);
    case Kind.NULL:
      return 'null';
    case Kind.LIST:
      return `[${value.values.map(valueText).join(',')}]`;
    case Kind.OBJECT:
      return `{${value.fields.map((field) => `${field.name.value}:${valueText(field.value)}`).join(',')}}`;
    case Kind.INT:
    case Kind.FLOAT:
    case Kind.ENUM:
      return value.value;
    default:
      return value satisfies never;
  }
}

/** Adds the names of the variables that a value uses. */
export function collectVariables(value: ValueNode, into: Set<string>): void {
  if (value.kind === Kind.VARIABLE) into.add(value.name.value);
  else if (value.kind === Kind.LIST) for (const item of value.values) collectVariables(item, into);
  else if (value.kind === Kind.OBJECT) for (const field of value.fields) collectVariables(field.value, into);
}
