import type { FieldSelection } from './plan.ts';

/** `__typename`, under its own name. */
export const typename: FieldSelection = {
  select: 'field',
  name: '__typename',
  dataKey: '__typename',
  arguments: [],
  variables: [],
  conditions: [],
  selections: [],
};
