import {
  isTypeDefinitionNode,
  Kind,
  parse,
  print,
  visit,
  type ASTNode,
  type ConstDirectiveNode,
  type DefinitionNode,
  type DocumentNode,
  type FieldDefinitionNode,
} from 'graphql';
import { fieldsOf, mergedTypes, outputFieldsOf, placeOf } from '../definitions.ts';
import { rootNames } from '../guards/hold-guards.ts';
import type { Problem, SourceSchema } from '../types.ts';
import {
  isRateLimitDefinition,
  limitsFields,
  rateLimitDefinition,
  rateLimitName,
  readRateLimit,
} from './rate-limit-directive.ts';

/**
 * `@rateLimit` on its way through composition, which knows nothing of it: it is checked in each source schema, taken out of
 * what is composed, and put on the supergraph's fields, where all that any source says of a field holds.
 */

/** Limits that cannot be kept, or stand where nothing is limited. */
export function checkFieldLimits({ sdl, file }: SourceSchema): readonly Problem[] {
  if (!limitsFields(sdl)) return [];
  const problems: Problem[] = [];
  const report = (node: ASTNode, message: string): void => {
    problems.push({ code: 'CONTRACT', message, places: [placeOf(fileOf(node) ?? file, node)] });
  };
  const types = mergedTypes(sdl);
  visit(sdl, {
    enter(node) {
      if (node.kind === Kind.DIRECTIVE_DEFINITION) return false;
      for (const directive of usesOf(node)) {
        if (node.kind === Kind.FIELD_DEFINITION) {
          const limit = readRateLimit(directive, { field: node, types });
          if (typeof limit === 'string') report(directive, limit);
        } else report(directive, '@rateLimit limits fields of objects and interfaces: it has no meaning here');
      }
      return undefined;
    },
  });
  return problems;
}

/** What the gateway adds to an upstream stands in another file than the rest of its source schema. */
function fileOf({ loc }: ASTNode): string | undefined {
  const name = loc?.source.name;
  return name === 'GraphQL request' ? undefined : name;
}

function usesOf(node: ASTNode): readonly ConstDirectiveNode[] {
  const directives = 'directives' in node ? ((node.directives ?? []) as readonly ConstDirectiveNode[]) : [];
  return directives.filter(({ name }) => name.value === rateLimitName);
}

/** A source schema that does not use the directive; the same where it never did. Pure. */
export function withoutFieldLimits(source: SourceSchema): SourceSchema {
  if (!limitsFields(source.sdl)) return source;
  const sdl = visit(source.sdl, { Directive: ({ name }) => (name.value === rateLimitName ? null : undefined) });
  return sdl === source.sdl ? source : { ...source, sdl };
}

/** The supergraph in which every limit of every source holds; the same where there is none. Pure. */
export function holdFieldLimits(supergraph: DocumentNode, sources: readonly SourceSchema[]): DocumentNode {
  const wanted = usesOfSources(sources);
  if (wanted.size === 0) return supergraph;
  const [definition] = parse(rateLimitDefinition, { noLocation: true }).definitions;
  const definitions = supergraph.definitions
    .filter((node) => !isRateLimitDefinition(node))
    .map((node) => withUses(node, wanted));
  const at = definitions.findIndex(({ kind }) => kind === Kind.DIRECTIVE_DEFINITION);
  return { ...supergraph, definitions: definitions.toSpliced(Math.max(at, 0), 0, ...(definition ? [definition] : [])) };
}

type Uses = ReadonlyMap<string, readonly ConstDirectiveNode[]>;

/** Distinct uses by `Type.field`, by the names of the supergraph. */
function usesOfSources(sources: readonly SourceSchema[]): Uses {
  const found = new Map<string, Map<string, ConstDirectiveNode>>();
  for (const { sdl } of sources.filter((source) => limitsFields(source.sdl))) {
    const roots = rootNames(sdl);
    for (const [name, type] of mergedTypes(sdl)) {
      for (const field of outputFieldsOf(type)) {
        const uses = usesOf(field);
        if (uses.length === 0) continue;
        const coordinate = `${roots.get(name) ?? name}.${field.name.value}`;
        const known = found.get(coordinate) ?? new Map<string, ConstDirectiveNode>();
        for (const use of uses) known.set(print(use), use);
        found.set(coordinate, known);
      }
    }
  }
  return new Map([...found].map(([coordinate, uses]) => [coordinate, [...uses.values()]]));
}

function withUses(node: DefinitionNode, wanted: Uses): DefinitionNode {
  if (
    !isTypeDefinitionNode(node) ||
    (node.kind !== Kind.OBJECT_TYPE_DEFINITION && node.kind !== Kind.INTERFACE_TYPE_DEFINITION)
  )
    return node;
  const limited = (field: FieldDefinitionNode): FieldDefinitionNode => {
    const uses = wanted.get(`${node.name.value}.${field.name.value}`);
    const others = (field.directives ?? []).filter(({ name }) => name.value !== rateLimitName);
    return uses ? { ...field, directives: [...others, ...uses] } : field;
  };
  const hasAny = fieldsOf(node).some(({ name }) => wanted.has(`${node.name.value}.${name.value}`));
  return hasAny ? { ...node, fields: (node.fields ?? []).map(limited) } : node;
}
