import {
  Kind,
  visit,
  type ConstArgumentNode,
  type ConstDirectiveNode,
  type ConstValueNode,
  type DocumentNode,
} from 'graphql';
import { argumentOf } from '../definitions.ts';
import { isSpecification, linksOf, readImport } from '../links.ts';
import type { SourceSchema } from '../types.ts';
import { costDirectives, costDirectivesOf, costSpecifications, type CostDirective } from './cost-directives.ts';

/**
 * Source schemas that call `@cost` and `@listSize` by different names do not compose, those of the cost specification's own
 * link are lost, and so are those of a federation link under another namespace. Each source is given the usual names.
 */

/** The source with the directives under the names that all sources share; the same source where it has them. Pure. */
export function withCanonicalCosts(source: SourceSchema): SourceSchema {
  const names = costDirectivesOf(source.sdl);
  if (!isDeviating(source.sdl, names)) return source;
  const target = targetsOf(source.sdl, names);
  const renamed = visit(source.sdl, {
    Directive: (node) => {
      const ours = names.get(node.name.value);
      if (!ours || node.name.value === target[ours]) return undefined;
      return { ...node, name: { ...node.name, value: target[ours] } };
    },
    DirectiveDefinition: (node) => (names.has(node.name.value) ? null : false),
  });
  const definitions = renamed.definitions.map((node) =>
    node.kind === Kind.SCHEMA_DEFINITION || node.kind === Kind.SCHEMA_EXTENSION
      ? { ...node, directives: (node.directives ?? []).flatMap((directive) => relinked(directive, target)) }
      : node,
  );
  return { ...source, sdl: { ...renamed, definitions } };
}

type Names = ReadonlyMap<string, CostDirective>;
type Targets = Readonly<Record<CostDirective, string>>;

const federation = new Set(['federation']);
const costs = new Set(['cost']);

function isDeviating(sdl: DocumentNode, names: Names): boolean {
  const links = linksOf(sdl).filter((link) => isSpecification(link, costSpecifications));
  // Without a link to federation there is nothing that the directives could be imported from.
  if (!links.some((link) => isSpecification(link, federation))) return false;
  const usual = new Set(costDirectives.flatMap((name) => [name, `federation__${name}`]));
  return [...names.keys()].some((name) => !usual.has(name));
}

/** A source may have a directive of its own under the usual name; then the namespace tells the two apart. */
function targetsOf(sdl: DocumentNode, names: Names): Targets {
  const taken = new Set(
    sdl.definitions.flatMap((node) =>
      node.kind === Kind.DIRECTIVE_DEFINITION && !names.has(node.name.value) ? [node.name.value] : [],
    ),
  );
  for (const link of linksOf(sdl))
    if (!isSpecification(link, costSpecifications)) for (const { as } of link.imports) taken.add(as);
  const target = (name: CostDirective): string => (taken.has(name) ? `federation__${name}` : name);
  return { cost: target('cost'), listSize: target('listSize') };
}

/** Federation has the directives since v2.9; versions of one major number say the same of all that both have. */
const since = { version: 9, url: 'https://specs.apollo.dev/federation/v2.9' };

function relinked(directive: ConstDirectiveNode, target: Targets): readonly ConstDirectiveNode[] {
  const [link] = linksOf(documentOf(directive));
  if (!link) return [directive];
  if (isSpecification(link, costs)) return [];
  if (!isSpecification(link, federation)) return [directive];
  const imported = directive.arguments?.find(({ name }) => name.value === 'import')?.value;
  const kept = (imported?.kind === Kind.LIST ? imported.values : []).filter((value) => !importsCost(value));
  const added = costDirectives.filter((name) => target[name] === name).map((name) => textOf(`@${name}`));
  const others = (directive.arguments ?? []).filter(({ name }) => !['url', 'import'].includes(name.value));
  const args: readonly ConstArgumentNode[] = [
    argumentWith('url', textOf(urlOf(directive))),
    argumentWith('import', { kind: Kind.LIST, values: [...kept, ...added] }),
    ...others,
  ];
  return [{ ...directive, arguments: args }];
}

function documentOf(directive: ConstDirectiveNode): DocumentNode {
  return { kind: Kind.DOCUMENT, definitions: [{ kind: Kind.SCHEMA_EXTENSION, directives: [directive] }] };
}

function importsCost(value: ConstValueNode): boolean {
  return readImport(value).some(({ name }) => costDirectives.some((each) => each === name));
}

function urlOf(link: ConstDirectiveNode): string {
  const url = String(argumentOf(link, 'url'));
  const minor = /\/v2\.(\d+)\/*$/.exec(url)?.[1];
  return minor !== undefined && Number(minor) < since.version ? since.url : url;
}

function textOf(value: string): ConstValueNode {
  return { kind: Kind.STRING, value };
}

function argumentWith(name: string, value: ConstValueNode): ConstArgumentNode {
  return { kind: Kind.ARGUMENT, name: { kind: Kind.NAME, value: name }, value };
}
