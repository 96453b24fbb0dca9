import { Kind, type DocumentNode, type FieldDefinitionNode, type TypeDefinitionNode } from 'graphql';
import {
  argumentOf,
  directivesOf,
  fieldSetNames,
  mergedTypes,
  otherDefinitions,
  outputFieldsOf,
} from './definitions.ts';
import type { FieldCoordinate, SourceSchema } from './types.ts';

/**
 * Takes out the fields that cannot be resolved because the schema of an upstream is missing: those that require a field
 * which only a missing upstream could give. Everything else of every source stays. Pure.
 */
export function pruneUnresolvable(sources: readonly SourceSchema[]): {
  readonly sources: readonly SourceSchema[];
  readonly out: readonly FieldCoordinate[];
} {
  const types = sources.map((source) => mergedTypes(source.sdl));
  const out: FieldCoordinate[] = [];
  const pruned = sources.map((source, index) => {
    const own = types[index] ?? new Map<string, TypeDefinitionNode>();
    const others = types.filter((_, other) => other !== index);
    let changed = false;
    for (const [name, type] of own) {
      const lost = new Set(
        outputFieldsOf(type)
          .filter((field) => isExternal(field) && !others.some((other) => gives(other.get(name), field)))
          .map((field) => field.name.value),
      );
      if (lost.size === 0) continue;
      changed = true;
      const staying = outputFieldsOf(type).filter((field) => !lost.has(field.name.value) && !needs(field, lost));
      for (const field of outputFieldsOf(type)) {
        if (needs(field, lost)) out.push({ type: name, field: field.name.value });
      }
      own.set(name, { ...type, fields: staying } as TypeDefinitionNode);
    }
    return changed ? { ...source, sdl: withTypes(source.sdl, own) } : source;
  });
  return { sources: pruned, out };
}

function isExternal(field: FieldDefinitionNode): boolean {
  return directivesOf(field, 'external').length > 0;
}

function gives(type: TypeDefinitionNode | undefined, field: FieldDefinitionNode): boolean {
  return outputFieldsOf(type).some((other) => other.name.value === field.name.value && !isExternal(other));
}

function needs(field: FieldDefinitionNode, lost: ReadonlySet<string>): boolean {
  return directivesOf(field, 'requires').some((requires) => {
    const fields = argumentOf(requires, 'fields');
    return typeof fields === 'string' && fieldSetNames(fields).some((name) => lost.has(name));
  });
}

function withTypes(sdl: DocumentNode, types: ReadonlyMap<string, TypeDefinitionNode>): DocumentNode {
  return { kind: Kind.DOCUMENT, definitions: [...otherDefinitions(sdl), ...types.values()] };
}
