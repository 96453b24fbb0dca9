import {
  isTypeDefinitionNode,
  isTypeExtensionNode,
  Kind,
  visit,
  type ASTNode,
  type ConstDirectiveNode,
  type FieldDefinitionNode,
  type TypeDefinitionNode,
} from 'graphql';
import { directivesOf, mergedTypes, placeOf } from '../definitions.ts';
import { rootNames } from '../guards/hold-guards.ts';
import type { Problem, SourceSchema } from '../types.ts';
import { cacheDirectivesOf, readCacheControlHint, readCacheTag, type CacheDirective } from './cache-directives.ts';
import { isArgumentPath, isKeyPath, printPlaceholder } from './tag-format.ts';

/** Hints that say nothing, or stand where nothing is kept by them, each with its place. Pure. */
export function checkCacheHints({ sdl, file }: SourceSchema): readonly Problem[] {
  const names = cacheDirectivesOf(sdl);
  const problems: Problem[] = [];
  const types = mergedTypes(sdl);
  const roots = rootsOf(sdl);
  let owner: TypeDefinitionNode | undefined;
  visit(sdl, {
    enter(node) {
      if (node.kind === Kind.DIRECTIVE_DEFINITION) return false;
      if (isTypeDefinitionNode(node) || isTypeExtensionNode(node)) owner = types.get(node.name.value);
      for (const directive of 'directives' in node ? (node.directives ?? []) : []) {
        const is = names.get(directive.name.value);
        const message = is && complaintOf(directive as ConstDirectiveNode, is, { node, owner, types, roots });
        if (message === undefined) continue;
        problems.push({ code: 'CONTRACT', message, places: [placeOf(fileOf(directive) ?? file, directive)] });
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

function rootsOf(sdl: SourceSchema['sdl']): ReadonlySet<string> {
  return new Set(['Query', 'Mutation', 'Subscription', ...rootNames(sdl).keys()]);
}

interface Standing {
  readonly node: ASTNode;
  /** Type that the node is, or is of. */
  readonly owner: TypeDefinitionNode | undefined;
  readonly types: ReadonlyMap<string, TypeDefinitionNode>;
  readonly roots: ReadonlySet<string>;
}

const controllable = new Set<string>([
  Kind.FIELD_DEFINITION,
  Kind.OBJECT_TYPE_DEFINITION,
  Kind.OBJECT_TYPE_EXTENSION,
  Kind.INTERFACE_TYPE_DEFINITION,
  Kind.INTERFACE_TYPE_EXTENSION,
  Kind.UNION_TYPE_DEFINITION,
  Kind.UNION_TYPE_EXTENSION,
]);

function complaintOf(directive: ConstDirectiveNode, is: CacheDirective, at: Standing): string | undefined {
  const { node, owner, roots } = at;
  if (is === 'cacheControl') {
    if (!controllable.has(node.kind))
      return '@cacheControl speaks of fields, objects, interfaces and unions: it has no meaning here';
    const hint = readCacheControlHint(directive);
    return typeof hint === 'string' ? hint : undefined;
  }
  const isOnRoot = owner !== undefined && roots.has(owner.name.value);
  if (node.kind === Kind.FIELD_DEFINITION && isOnRoot) return tagComplaint(directive, at, node);
  const isObject = node.kind === Kind.OBJECT_TYPE_DEFINITION || node.kind === Kind.OBJECT_TYPE_EXTENSION;
  if (isObject && directivesOf(owner, 'key').length > 0) return tagComplaint(directive, at, undefined);
  return '@cacheTag names answers by root fields, and by types that have a @key: it has no meaning here';
}

function tagComplaint(
  directive: ConstDirectiveNode,
  { owner, types }: Standing,
  field: FieldDefinitionNode | undefined,
): string | undefined {
  const format = readCacheTag(directive);
  if (typeof format === 'string') return format;
  for (const part of format) {
    if (typeof part === 'string') continue;
    const { from, path } = part;
    const isKnown = field
      ? from === 'args' && isArgumentPath(path, field, types)
      : from === 'key' && owner !== undefined && isKeyPath(path, owner);
    if (isKnown) continue;
    const expected = field
      ? `an argument of "${field.name.value}" that is no list or input object, as {$args.name}`
      : `a field of the key of "${owner?.name.value}", as {$key.name}`;
    return `expected a placeholder of @cacheTag(format:) to name ${expected}, but got: ${printPlaceholder(part)}`;
  }
  return undefined;
}
