import type { GraphQLError } from 'graphql';
import { GatewayError } from '../errors.ts';
import { anyHolds, type Values } from '../executor/conditions.ts';
import { fieldDenial, objectDenial } from '../executor/denials.ts';
import type { AbstractShape, FieldShape, Shape, ValueShape } from '../planner/shape.ts';
import { asGraphqlError } from './results.ts';

type Path = readonly string[];

/**
 * An error for each place of an operation that a mask denies and whose conditions hold: its path without places in lists,
 * as nothing has run. An interface or union is denied where a selection reaches a type that is.
 *
 * @param isKnown Whether it is known who asks; who is not may try again with credentials.
 */
export function errorsOfDenied({ root }: Shape, values: Values, isKnown: boolean): readonly GraphQLError[] {
  const found = new Map<string, GraphQLError>();
  collect(root.fields, [], {
    values,
    add: (path, denial) => {
      const error = isKnown ? denial : new GatewayError('CREDENTIALS_MISSING', denial.message);
      const key = JSON.stringify([path, error.message]);
      if (!found.has(key)) found.set(key, asGraphqlError({ path, error }));
    },
  });
  return [...found.values()];
}

interface Collecting {
  readonly values: Values;
  readonly add: (path: Path, denial: GatewayError) => void;
}

function collect(fields: readonly FieldShape[], before: Path, collecting: Collecting): void {
  for (const field of fields) {
    if (!anyHolds(field.when, collecting.values)) continue;
    const path = [...before, field.responseKey];
    if (field.source === 'denied') collecting.add(path, fieldDenial(field));
    else if (field.source === 'data') collectBelow(field.value.of, path, collecting);
  }
}

function collectBelow(of: ValueShape['of'], path: Path, collecting: Collecting): void {
  if (of.kind === 'list') collectBelow(of.item.of, path, collecting);
  else if (of.kind === 'object') collect(of.fields, path, collecting);
  else if (of.kind === 'abstract') collectOfTypes(of, path, collecting);
}

function collectOfTypes(shape: AbstractShape, path: Path, collecting: Collecting): void {
  const { types, fieldLists } = shape;
  const lists = new Set<readonly FieldShape[]>();
  for (const { fields, isDenied } of types) {
    const list = fieldLists[fields] ?? [];
    if (!isDenied) lists.add(list);
    else if (list.some(({ when }) => anyHolds(when, collecting.values))) collecting.add(path, objectDenial(shape));
  }
  for (const list of lists) collect(list, path, collecting);
}
