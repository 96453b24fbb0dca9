import { extractLinkImplementations } from '@theguild/federation-composition';
import {
  isTypeDefinitionNode,
  Kind,
  parse,
  print,
  visit,
  type ConstDirectiveNode,
  type ConstValueNode,
  type DefinitionNode,
  type DocumentNode,
  type EnumTypeDefinitionNode,
  type FieldDefinitionNode,
} from 'graphql';
import type { CacheHint } from '../../config/cache-types.ts';
import { mergedTypes, outputFieldsOf } from '../definitions.ts';
import { rootNames } from '../guards/hold-guards.ts';
import { withFeature } from '../link-feature.ts';
import type { SourceSchema } from '../types.ts';
import {
  cacheDefinitions,
  cacheDirectivesOf,
  isDefinitionOf,
  readCacheControlHint,
  scopeDefinition,
  scopeName,
  type CacheDirective,
} from './cache-directives.ts';
import { strictestOf } from './strictest.ts';

/**
 * `@cacheControl` and `@cacheTag` on their way through composition, which knows nothing of them: they are taken out of what
 * is composed and put on the supergraph, where the strictest of what all sources say of a place holds, and all of their tags.
 */

/** The supergraph with the hints of its sources; the same where they have none. Pure. */
export function holdCacheHints(supergraph: DocumentNode, sources: readonly SourceSchema[]): DocumentNode {
  const wanted = usesOfSources(sources);
  if (wanted.size === 0 && !sources.some(definesScope)) return supergraph;
  const needed = (['cacheControl', 'cacheTag'] as const).filter((name) =>
    [...wanted.values()].some((uses) => uses.some((use) => use.name.value === name)),
  );
  const definitions = supergraph.definitions
    .filter((node) => !needed.some((name) => isDefinitionOf(node, name)))
    .map((node) => withUses(node, wanted));
  const at = Math.max(
    definitions.findIndex(({ kind }) => kind === Kind.DIRECTIVE_DEFINITION),
    0,
  );
  const added = needed.flatMap((name) => parse(cacheDefinitions[name], { noLocation: true }).definitions);
  const held = { ...supergraph, definitions: definitions.toSpliced(at, 0, ...added) };
  return withHiddenScope(held, needed.includes('cacheControl'));
}

type Uses = ReadonlyMap<string, readonly ConstDirectiveNode[]>;

interface Said {
  readonly hints: CacheHint[];
  /** By their text. */
  readonly tags: Map<string, ConstDirectiveNode>;
}

/** Uses by `Type` and `Type.field`, by the names of the supergraph. */
function usesOfSources(sources: readonly SourceSchema[]): Uses {
  const found = new Map<string, Said>();
  for (const { sdl } of sources) {
    const names = cacheDirectivesOf(sdl);
    const roots = rootNames(sdl);
    for (const [name, type] of mergedTypes(sdl)) {
      const place = roots.get(name) ?? name;
      collect(type.directives, { place, names, found });
      for (const field of outputFieldsOf(type))
        collect(field.directives, { place: `${place}.${field.name.value}`, names, found });
    }
  }
  return new Map([...found].map(([place, said]) => [place, directivesFor(said)]));
}

interface Collecting {
  readonly place: string;
  readonly names: ReadonlyMap<string, CacheDirective>;
  readonly found: Map<string, Said>;
}

function collect(directives: readonly ConstDirectiveNode[] | undefined, { place, names, found }: Collecting): void {
  for (const directive of directives ?? []) {
    const is = names.get(directive.name.value);
    if (!is) continue;
    const said: Said = found.get(place) ?? { hints: [], tags: new Map() };
    found.set(place, said);
    if (is === 'cacheTag') {
      const tag = { ...directive, name: nameNode('cacheTag') };
      said.tags.set(print(tag), tag);
      continue;
    }
    const hint = readCacheControlHint(directive);
    // What is wrong has been told before anything is composed.
    if (typeof hint !== 'string') said.hints.push(hint);
  }
}

function directivesFor({ hints, tags }: Said): readonly ConstDirectiveNode[] {
  const hint = strictestOf(hints);
  return [...(hint ? [controlOf(hint)] : []), ...tags.values()];
}

function controlOf({ maxAge, scope, inheritMaxAge }: CacheHint): ConstDirectiveNode {
  const given: readonly (readonly [string, ConstValueNode] | undefined)[] = [
    maxAge === undefined ? undefined : ['maxAge', { kind: Kind.INT, value: String(maxAge) }],
    scope && ['scope', { kind: Kind.ENUM, value: scope }],
    inheritMaxAge ? ['inheritMaxAge', { kind: Kind.BOOLEAN, value: true }] : undefined,
  ];
  return {
    kind: Kind.DIRECTIVE,
    name: nameNode('cacheControl'),
    arguments: given.flatMap((each) =>
      each ? [{ kind: Kind.ARGUMENT, name: nameNode(each[0]), value: each[1] } as const] : [],
    ),
  };
}

function nameNode(value: string) {
  return { kind: Kind.NAME, value } as const;
}

function withUses(node: DefinitionNode, wanted: Uses): DefinitionNode {
  if (!isTypeDefinitionNode(node)) return node;
  const type = node.name.value;
  const own = wanted.get(type);
  const base = own ? { ...node, directives: joined(node.directives, own) } : node;
  if (base.kind !== Kind.OBJECT_TYPE_DEFINITION && base.kind !== Kind.INTERFACE_TYPE_DEFINITION) return base;
  const hinted = (field: FieldDefinitionNode): FieldDefinitionNode => {
    const uses = wanted.get(`${type}.${field.name.value}`);
    return uses ? { ...field, directives: joined(field.directives, uses) } : field;
  };
  const fields = base.fields?.map(hinted);
  return fields?.some((field, index) => field !== base.fields?.[index]) ? { ...base, fields } : base;
}

function joined(
  directives: readonly ConstDirectiveNode[] | undefined,
  uses: readonly ConstDirectiveNode[],
): readonly ConstDirectiveNode[] {
  const others = (directives ?? []).filter(({ name }) => !uses.some((use) => use.name.value === name.value));
  return [...others, ...uses];
}

/** A source may define the directive and its scopes without a use; clients would see them all the same. */
function definesScope({ sdl }: SourceSchema): boolean {
  return (
    sdl.definitions.some((node) => isDefinitionOf(node, 'cacheControl')) && cacheDirectivesOf(sdl).has('cacheControl')
  );
}

/** The enum of scopes is the gateway's own affair, unless fields or arguments are of it. */
function withHiddenScope(supergraph: DocumentNode, isNeeded: boolean): DocumentNode {
  const own = supergraph.definitions.find((node) => isTypeDefinitionNode(node) && node.name.value === scopeName);
  if (own ? own.kind !== Kind.ENUM_TYPE_DEFINITION || isUsed(supergraph) : !isNeeded) return supergraph;
  const linked = withFeature(supergraph, 'inaccessible');
  const { resolveImportName } = extractLinkImplementations(linked);
  const inaccessible = resolveImportName('https://specs.apollo.dev/inaccessible', '@inaccessible');
  const hidden = ({ directives = [], ...scope }: EnumTypeDefinitionNode): EnumTypeDefinitionNode => {
    const others = directives.filter(({ name }) => name.value !== inaccessible);
    return { ...scope, directives: [...others, { kind: Kind.DIRECTIVE, name: nameNode(inaccessible) }] };
  };
  const definitions = linked.definitions.map((node) =>
    node.kind === Kind.ENUM_TYPE_DEFINITION && node.name.value === scopeName ? hidden(node) : node,
  );
  const [scope] = own ? [] : parse(scopeDefinition, { noLocation: true }).definitions;
  return {
    ...linked,
    definitions: scope?.kind === Kind.ENUM_TYPE_DEFINITION ? [...definitions, hidden(scope)] : definitions,
  };
}

function isUsed(supergraph: DocumentNode): boolean {
  let found = false;
  visit(supergraph, {
    DirectiveDefinition: () => false,
    NamedType: ({ name }) => {
      found ||= name.value === scopeName;
    },
  });
  return found;
}
