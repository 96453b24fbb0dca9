import { isObjectType, type GraphQLSchema } from 'graphql';
import type { Operation, OperationField } from './operation.ts';
import type { FieldSelection, Selection } from './plan.ts';
import { typeBelow } from './possible-types.ts';
import { printOperationText } from './print-operation.ts';
import { typename } from './typename.ts';

export interface WrittenOperation {
  /** A document for the client's schema. */
  readonly text: string;
  /** What its root asks. Empty where only introspection is left of the operation, or nothing. */
  readonly selections: readonly Selection[];
}

/**
 * A normalised operation as a document again, for an engine that knows no plans. Values come under their data keys, objects
 * of interfaces and unions with `__typename`. Introspection is left out: it is answered elsewhere. Pure.
 */
export function writeOperation(operation: Operation, schema: GraphQLSchema): WrittenOperation {
  const { kind, rootType, fields, variables } = operation;
  const selections = selectionsOf(fields, rootType, schema);
  return {
    selections,
    text: printOperationText({ kind, variables, selections: orTypename(selections), targets: [] }),
  };
}

function selectionsOf(fields: readonly OperationField[], type: string, schema: GraphQLSchema): readonly Selection[] {
  return fields
    .filter(({ name }) => !name.startsWith('__'))
    .flatMap((field) => {
      const written = fieldSelection(field, schema);
      return fragmentTypes(field, type, schema).map((each): Selection =>
        each === undefined ? written : { select: 'fragment', type: each, selections: [written] },
      );
    });
}

function fieldSelection(field: OperationField, schema: GraphQLSchema): FieldSelection {
  const { name, dataKey, arguments: args, variables, conditions, parentType, fields } = field;
  const below = typeBelow(schema, parentType, name);
  if (fields && below === undefined) throw new TypeError(`the schema has no field "${parentType}.${name}"`);
  return {
    select: 'field',
    name,
    dataKey,
    arguments: args,
    variables,
    conditions,
    selections: fields && below !== undefined ? objectSelections(fields, below, schema) : [],
  };
}

function objectSelections(
  fields: readonly OperationField[],
  type: string,
  schema: GraphQLSchema,
): readonly Selection[] {
  const selections = selectionsOf(fields, type, schema);
  return isObjectType(schema.getType(type)) ? orTypename(selections) : [typename, ...selections];
}

/** Type conditions for a field of an object whose static type is `type`; undefined: none is needed. */
function fragmentTypes(
  { on, parentType }: OperationField,
  type: string,
  schema: GraphQLSchema,
): readonly (string | undefined)[] {
  if (isObjectType(schema.getType(type))) return [undefined];
  return on ?? [parentType === type ? undefined : parentType];
}

/** No selection may be empty. */
function orTypename(selections: readonly Selection[]): readonly Selection[] {
  return selections.length > 0 ? selections : [typename];
}
