import { isAbstractType, Kind } from 'graphql';
import type { GraphQLObjectType, GraphQLResolveInfo, SelectionSetNode } from 'graphql';

/** The names of the fields that a selection asks of objects of one type, conditional ones included. */
export function requestedFields(info: GraphQLResolveInfo, type: GraphQLObjectType): ReadonlySet<string> {
  const names = new Set<string>();
  const collect = (selectionSet: SelectionSetNode | undefined): void => {
    for (const selection of selectionSet?.selections ?? []) {
      if (selection.kind === Kind.FIELD) names.add(selection.name.value);
      else {
        const fragment = selection.kind === Kind.INLINE_FRAGMENT ? selection : info.fragments[selection.name.value];
        if (fragment && applies(fragment.typeCondition?.name.value, type, info)) collect(fragment.selectionSet);
      }
    }
  };
  for (const node of info.fieldNodes) collect(node.selectionSet);
  return names;
}

function applies(condition: string | undefined, type: GraphQLObjectType, { schema }: GraphQLResolveInfo): boolean {
  if (condition === undefined || condition === type.name) return true;
  const wider = schema.getType(condition);
  return isAbstractType(wider) && schema.isSubType(wider, type);
}
