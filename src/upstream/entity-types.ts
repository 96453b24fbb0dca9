import { Kind, type DocumentNode, type TypeNode } from 'graphql';

/** What the supergraph says of types, as far as kept entities need it to be named. */
export interface EntityTypes {
  /** Object types that a value of a field may have; undefined for leaves and for what is not known. */
  readonly below: (type: string, field: string) => readonly string[] | undefined;
  /** Object types that a type stands for: itself, or those of an interface or union. Empty where it has no fields. */
  readonly possible: (type: string) => readonly string[];
}

/** @param supergraph Types and their extensions count as one. */
export function readEntityTypes({ definitions }: DocumentNode): EntityTypes {
  const possible = new Map<string, Set<string>>();
  const fields = new Map<string, string>();
  const add = (type: string, object: string): void => void (possible.get(type) ?? newIn(possible, type)).add(object);
  for (const node of definitions) {
    if (node.kind === Kind.OBJECT_TYPE_DEFINITION || node.kind === Kind.OBJECT_TYPE_EXTENSION) {
      for (const name of [node.name, ...(node.interfaces ?? []).map((each) => each.name)])
        add(name.value, node.name.value);
    } else if (node.kind === Kind.UNION_TYPE_DEFINITION || node.kind === Kind.UNION_TYPE_EXTENSION) {
      for (const { name } of node.types ?? []) add(node.name.value, name.value);
    }
    if (!('fields' in node)) continue;
    for (const { name, type } of node.fields ?? []) fields.set(`${node.name.value}.${name.value}`, namedType(type));
  }
  const all = new Map([...possible].map(([type, objects]) => [type, [...objects]] as const));
  return {
    below: (type, field) => all.get(fields.get(`${type}.${field}`) ?? ''),
    possible: (type) => all.get(type) ?? [],
  };
}

function newIn(sets: Map<string, Set<string>>, key: string): Set<string> {
  const made = new Set<string>();
  sets.set(key, made);
  return made;
}

function namedType(type: TypeNode): string {
  return type.kind === Kind.NAMED_TYPE ? type.name.value : namedType(type.type);
}
