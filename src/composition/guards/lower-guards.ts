import { extractLinkImplementations } from '@theguild/federation-composition';
import {
  Kind,
  visit,
  type ASTNode,
  type ConstDirectiveNode,
  type DefinitionNode,
  type DocumentNode,
  type EnumTypeDefinitionNode,
  type EnumTypeExtensionNode,
  type FieldDefinitionNode,
  type InterfaceTypeDefinitionNode,
  type InterfaceTypeExtensionNode,
  type ObjectTypeDefinitionNode,
  type ObjectTypeExtensionNode,
  type ScalarTypeDefinitionNode,
  type ScalarTypeExtensionNode,
  type TypeDefinitionNode,
} from 'graphql';
import { addDemand, complaintOf, demandOf, guardsOfSource, withDemand, type Demand, type Demands } from './demands.ts';
import { mergedTypes, outputFieldsOf, placeOf } from '../definitions.ts';
import type { GuardDirectives } from './guard-directives.ts';
import type { Problem, SourceSchema } from '../types.ts';

/**
 * Guards of interfaces stand on the object types that implement them, since composition refuses them anywhere else
 * (Federation 2.12). What an interface of one source demands of types that only others have, `hold-guards.ts` adds.
 */

/** The guards of one source schema, as it says them. Types by name, fields by `Type.field`. */
export interface SourceGuards {
  readonly names: GuardDirectives;
  readonly demands: ReadonlyMap<string, Demand>;
  /** Types that stand for an interface: `@interfaceObject`. */
  readonly interfaceObjects: ReadonlySet<string>;
}

/** Reads the guards of a source schema. Pure. */
export function readSourceGuards(sdl: DocumentNode): SourceGuards {
  const names = guardsOfSource(sdl);
  const demands: Demands = new Map();
  const interfaceObjects = new Set<string>();
  const interfaceObjectName = interfaceObjectOf(sdl);
  for (const [name, type] of mergedTypes(sdl)) {
    if (type.directives?.some((directive) => interfaceObjectName.has(directive.name.value))) interfaceObjects.add(name);
    for (const [place, node] of [[name, type] as const, ...fieldPlaces(name, type)]) {
      addDemand(demands, place, demandOf(node, place, names));
    }
  }
  return { names, demands, interfaceObjects };
}

function fieldPlaces(name: string, type: TypeDefinitionNode): (readonly [place: string, FieldDefinitionNode])[] {
  return outputFieldsOf(type).map((field) => [`${name}.${field.name.value}`, field] as const);
}

function interfaceObjectOf(sdl: DocumentNode): ReadonlySet<string> {
  const { resolveImportName } = extractLinkImplementations(sdl);
  return new Set([
    'federation__interfaceObject',
    resolveImportName('https://specs.apollo.dev/federation', '@interfaceObject'),
  ]);
}

/** A source schema that composes: each guard of an interface or its fields is on the types and fields that implement it. */
export function lowerGuards(source: SourceSchema): SourceSchema {
  const guards = readSourceGuards(source.sdl);
  if (guards.demands.size === 0) return source;
  const lowered = loweredDemands(source.sdl, guards);
  const written = new Set<string>();
  // A definition and its extensions are one type: what it demands stands once.
  const once = (place: string): Demand | undefined => {
    if (written.has(place)) return undefined;
    written.add(place);
    return lowered.get(place);
  };
  const definitions = source.sdl.definitions.map((node) => rewritten(node, { names: guards.names, once }));
  return { ...source, sdl: { ...source.sdl, definitions } };
}

function loweredDemands(sdl: DocumentNode, guards: SourceGuards): ReadonlyMap<string, Demand> {
  const lowered: Demands = new Map(guards.demands);
  const types = mergedTypes(sdl);
  for (const [name, type] of types) {
    if (type.kind === Kind.INTERFACE_TYPE_DEFINITION) {
      for (const [place] of [[name], ...fieldPlaces(name, type)]) lowered.delete(place);
    }
    // Composition hands the guards of its fields on by itself.
    if (guards.interfaceObjects.has(name)) lowered.delete(name);
    if (type.kind !== Kind.OBJECT_TYPE_DEFINITION || guards.interfaceObjects.has(name)) continue;
    for (const each of interfacesOf(name, types)) {
      addDemand(lowered, name, guards.demands.get(each));
      for (const [place, field] of fieldPlaces(name, type)) {
        addDemand(lowered, place, guards.demands.get(`${each}.${field.name.value}`));
      }
    }
  }
  return lowered;
}

/** The interfaces of a type, and theirs. */
function interfacesOf(name: string, types: ReturnType<typeof mergedTypes>): ReadonlySet<string> {
  const found = new Set<string>();
  const pending = [name];
  for (let next = pending.pop(); next !== undefined; next = pending.pop()) {
    const type = types.get(next);
    for (const each of type && 'interfaces' in type ? (type.interfaces ?? []) : []) {
      if (found.has(each.name.value)) continue;
      found.add(each.name.value);
      pending.push(each.name.value);
    }
  }
  return found;
}

interface Rewriting {
  readonly names: GuardDirectives;
  /** What is to stand at a place; undefined where nothing, and from the second time on. */
  readonly once: (place: string) => Demand | undefined;
}

type GuardedType =
  | WithFields
  | ScalarTypeDefinitionNode
  | ScalarTypeExtensionNode
  | EnumTypeDefinitionNode
  | EnumTypeExtensionNode;

type WithFields =
  | ObjectTypeDefinitionNode
  | ObjectTypeExtensionNode
  | InterfaceTypeDefinitionNode
  | InterfaceTypeExtensionNode;

function rewritten(node: DefinitionNode, rewriting: Rewriting): DefinitionNode {
  if (!isGuardedType(node)) return node;
  const type = guarded(node, node.name.value, rewriting);
  return 'fields' in type ? withFields(type, rewriting) : type;
}

function isGuardedType(node: DefinitionNode): node is GuardedType {
  return guardable.has(node.kind);
}

function withFields(node: WithFields, rewriting: Rewriting): WithFields {
  const fields = node.fields?.map((field) => guarded(field, `${node.name.value}.${field.name.value}`, rewriting));
  return fields ? { ...node, fields } : node;
}

function guarded<N extends FieldDefinitionNode | DefinitionNode>(
  node: N & { readonly directives?: readonly ConstDirectiveNode[] | undefined },
  place: string,
  { names, once }: Rewriting,
): N {
  return { ...node, directives: withDemand(node, once(place), names) };
}

const guardable = new Set<string>([
  Kind.FIELD_DEFINITION,
  Kind.OBJECT_TYPE_DEFINITION,
  Kind.OBJECT_TYPE_EXTENSION,
  Kind.INTERFACE_TYPE_DEFINITION,
  Kind.INTERFACE_TYPE_EXTENSION,
  Kind.SCALAR_TYPE_DEFINITION,
  Kind.SCALAR_TYPE_EXTENSION,
  Kind.ENUM_TYPE_DEFINITION,
  Kind.ENUM_TYPE_EXTENSION,
]);

/** Guards that say nothing, or stand where nobody asks them. A guard that means nothing would leave open what it is for. */
export function checkGuards({ sdl, file }: SourceSchema): readonly Problem[] {
  const names = guardsOfSource(sdl);
  const problems: Problem[] = [];
  const report = (node: ASTNode, message: string): void => {
    problems.push({ code: 'CONTRACT', message, places: [placeOf(file, node)] });
  };
  visit(sdl, {
    enter(node) {
      if (node.kind === Kind.SCHEMA_DEFINITION || node.kind === Kind.DIRECTIVE_DEFINITION) return;
      for (const directive of 'directives' in node ? (node.directives ?? []) : []) {
        const guard = names.get(directive.name.value);
        if (!guard) continue;
        const complaint = guardable.has(node.kind)
          ? complaintOf(directive as ConstDirectiveNode, guard)
          : `@${guard} guards fields, objects, interfaces, scalars and enums: it has no meaning here`;
        if (complaint !== undefined) report(directive, complaint);
      }
    },
  });
  return problems;
}
