import { Kind, parse, visit, type ASTNode, type ConstDirectiveNode, type DocumentNode } from 'graphql';
import { placeOf } from '../definitions.ts';
import { rootNames } from '../guards/hold-guards.ts';
import type { Problem, SourceSchema } from '../types.ts';
import { isSensitiveDefinition, sensitiveDefinition, sensitiveName } from './sensitive-directive.ts';
import { markedPlaces, markPlaces } from './sensitive-places.ts';

/**
 * `@sensitive` on its way through composition, which knows nothing of it: it is taken out of what is composed, and put on
 * the supergraph wherever any source has it. One source says that something is sensitive: it is.
 */

/** Uses where nothing is hidden by them, so that nobody relies on them. An upstream's own directive is its own affair. */
export function checkSensitive({ sdl, file }: SourceSchema): readonly Problem[] {
  if (sdl.definitions.some(isSensitiveDefinition)) return [];
  const problems: Problem[] = [];
  visit(sdl, {
    enter(node) {
      if (meaningful.has(node.kind)) return;
      for (const directive of usesOn(node)) {
        const message =
          '@sensitive speaks of fields, arguments, input fields and types other than unions: it has no meaning here';
        problems.push({ code: 'CONTRACT', message, places: [placeOf(fileOf(directive) ?? file, directive)] });
      }
    },
  });
  return problems;
}

const meaningful = new Set<string>([
  Kind.FIELD_DEFINITION,
  Kind.INPUT_VALUE_DEFINITION,
  Kind.OBJECT_TYPE_DEFINITION,
  Kind.OBJECT_TYPE_EXTENSION,
  Kind.INTERFACE_TYPE_DEFINITION,
  Kind.INTERFACE_TYPE_EXTENSION,
  Kind.SCALAR_TYPE_DEFINITION,
  Kind.SCALAR_TYPE_EXTENSION,
  Kind.ENUM_TYPE_DEFINITION,
  Kind.ENUM_TYPE_EXTENSION,
  Kind.INPUT_OBJECT_TYPE_DEFINITION,
  Kind.INPUT_OBJECT_TYPE_EXTENSION,
]);

function usesOn(node: ASTNode): readonly ConstDirectiveNode[] {
  const directives = 'directives' in node ? ((node.directives ?? []) as readonly ConstDirectiveNode[]) : [];
  return directives.filter(({ name }) => name.value === sensitiveName);
}

/** What the gateway adds to an upstream stands in another file than the rest of its source schema. */
function fileOf({ loc }: ASTNode): string | undefined {
  const name = loc?.source.name;
  return name === 'GraphQL request' ? undefined : name;
}

/** A source schema that does not use the directive; the same where it never did. Pure. */
export function withoutSensitive(source: SourceSchema): SourceSchema {
  const sdl = visit(source.sdl, { Directive: ({ name }) => (name.value === sensitiveName ? null : undefined) });
  return sdl === source.sdl ? source : { ...source, sdl };
}

/** The supergraph in which all is marked that any source marks; the same where none does. Pure. */
export function holdSensitive(supergraph: DocumentNode, sources: readonly SourceSchema[]): DocumentNode {
  const wanted = new Set(sources.flatMap(({ sdl }) => [...markedPlaces(sdl, rootNames(sdl))]));
  if (wanted.size === 0) return supergraph;
  const definitions = supergraph.definitions
    .filter((node) => !isSensitiveDefinition(node))
    .map((node) => markPlaces(node, wanted));
  const at = definitions.findIndex(({ kind }) => kind === Kind.DIRECTIVE_DEFINITION);
  const added = parse(sensitiveDefinition, { noLocation: true }).definitions;
  return { ...supergraph, definitions: definitions.toSpliced(Math.max(at, 0), 0, ...added) };
}
