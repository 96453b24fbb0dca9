import type { GraphQLSchema } from 'graphql';
import type { GuardTable, Mask } from './mask.ts';
import type { Operation, OperationField } from './operation.ts';
import { possibleTypes, typeBelow } from './possible-types.ts';
import { variableNames } from './used-variables.ts';

/**
 * The operation without what the mask denies: no plan of it asks an upstream for that, but for keys that the gateway itself
 * needs. A field that is denied of some types is asked for the others only; an object whose fields are all denied is asked
 * for nothing but itself. Pure.
 */
export function maskOperation(operation: Operation, mask: Mask, schema: GraphQLSchema): Operation {
  const fields = new Masking(mask, schema).fields(operation.fields, operation.rootType);
  const used = variableNames(fields);
  return { ...operation, fields, variables: operation.variables.filter(({ name }) => used.has(name)) };
}

class Masking {
  readonly #mask: Mask;
  readonly #schema: GraphQLSchema;

  constructor(mask: Mask, schema: GraphQLSchema) {
    this.#mask = mask;
    this.#schema = schema;
  }

  /** @param type Static type of the object that the fields are of. */
  fields(fields: readonly OperationField[], type: string): readonly OperationField[] {
    const all = possibleTypes(this.#schema, type);
    return fields.flatMap((field) => this.#field(field, type, all));
  }

  #field(field: OperationField, type: string, all: readonly string[]): readonly OperationField[] {
    const { name, parentType } = field;
    if (name.startsWith('__')) return [field];
    const types = field.on ?? all;
    const allowed = types.filter((each) => !this.#mask.deniesField(each, name));
    // Of which objects it is denied, only their type tells.
    if (allowed.length === 0 && types.length > 0) return types.length < all.length ? [typenameOf(type, field)] : [];
    const narrowed = allowed.length === types.length ? field : { ...field, on: allowed };
    const below = typeBelow(this.#schema, parentType, name);
    if (!field.fields || below === undefined) return [narrowed];
    return [{ ...narrowed, fields: this.#withType(this.fields(field.fields, below), below) }];
  }

  /** Where some objects are denied, the type of each must be known, also where its upstream could not tell it. */
  #withType(fields: readonly OperationField[], type: string): readonly OperationField[] {
    if (!possibleTypes(this.#schema, type).some((each) => this.#mask.deniesType(each))) return fields;
    return [...fields, typenameOf(type, { conditions: [] })];
  }
}

function typenameOf(parentType: string, { conditions }: Pick<OperationField, 'conditions'>): OperationField {
  const name = '__typename';
  return { responseKey: name, dataKey: name, name, arguments: [], variables: [], conditions, parentType };
}

/** Numbers of all that reading an operation may demand, whatever its conditions say; ascending. Pure. */
export function demandsOf(operation: Operation, guards: GuardTable, schema: GraphQLSchema): readonly number[] {
  const found = new Set<number>();
  const add = (numbers: readonly number[] = []): void => {
    for (const number of numbers) found.add(number);
  };
  const collect = (fields: readonly OperationField[], type: string): void => {
    const all = possibleTypes(schema, type);
    for (const { name, on, parentType, fields: inner } of fields) {
      if (name.startsWith('__')) continue;
      for (const each of on ?? all) {
        add(guards.types.get(each));
        add(guards.fields.get(`${each}.${name}`));
      }
      const below = typeBelow(schema, parentType, name);
      if (!inner || below === undefined) continue;
      // An object is denied for its type, whether or not a field is asked of that type.
      for (const each of possibleTypes(schema, below)) add(guards.types.get(each));
      collect(inner, below);
    }
  };
  collect(operation.fields, operation.rootType);
  return [...found].toSorted((a, b) => a - b);
}
