import { Kind, type ConstDirectiveNode, type ConstValueNode, type DocumentNode } from 'graphql';
import { argumentOf } from '../definitions.ts';

/** A directive that guards a place. */
export type GuardDirective = 'authenticated' | 'requiresScopes' | 'policy';

/** Which of the three a directive is, by the name that the document has for it; undefined for all other directives. */
export type GuardDirectives = ReadonlyMap<string, GuardDirective>;

const guardDirectives: readonly GuardDirective[] = ['authenticated', 'requiresScopes', 'policy'];

/** Specifications that have the directives: each its own one, and federation all three. */
const specifications: ReadonlyMap<string, readonly GuardDirective[]> = new Map([
  ...guardDirectives.map((name) => [name, [name]] as const),
  ['federation', guardDirectives],
]);

/**
 * The names that a document calls the directives by. A directive has its own name unless a link says otherwise, and that
 * of a link beside it: what may be a guard is one. Only a name that a link gives to something else is none.
 *
 * @see {@link https://specs.apollo.dev/link/v1.0/ | link v1.0, @link}
 */
export function guardDirectivesOf(document: DocumentNode): GuardDirectives {
  const links = linksOf(document);
  const names = new Map<string, GuardDirective>(guardDirectives.map((name) => [name, name]));
  for (const link of links) if (!isOurs(link)) for (const name of namesGivenBy(link)) names.delete(name);
  for (const link of links.filter(isOurs)) {
    const namespace = link.as ?? link.name;
    for (const directive of specifications.get(link.name) ?? []) {
      if (directive === link.name) names.set(namespace, directive);
      names.set(`${namespace}__${directive}`, directive);
      for (const { name, as } of link.imports) if (name === directive) names.set(as, directive);
    }
  }
  for (const name of guardDirectives) if (!names.has(`federation__${name}`)) names.set(`federation__${name}`, name);
  return names;
}

interface Link {
  /** The specification's address without its version, such as `https://specs.apollo.dev/policy`. */
  readonly identity: string;
  /** Last part of the identity. */
  readonly name: string;
  readonly as: string | undefined;
  /** Imported directives, without `@`. */
  readonly imports: readonly { readonly name: string; readonly as: string }[];
}

function isOurs({ identity, name }: Link): boolean {
  return /^https?:\/\/specs\.apollo\.dev\//.test(identity) && specifications.has(name);
}

function namesGivenBy({ name, as, imports }: Link): readonly string[] {
  return [as ?? name, ...imports.map((imported) => imported.as)];
}

function linksOf({ definitions }: DocumentNode): readonly Link[] {
  return definitions.flatMap((node) =>
    node.kind === Kind.SCHEMA_DEFINITION || node.kind === Kind.SCHEMA_EXTENSION
      ? (node.directives ?? []).filter(({ name }) => name.value === 'link').flatMap(readLink)
      : [],
  );
}

function readLink(directive: ConstDirectiveNode): readonly Link[] {
  const url = argumentOf(directive, 'url');
  if (typeof url !== 'string') return [];
  const identity = url.replace(/\/+$/, '').replace(/\/v\d+(\.\d+)*$/, '');
  const as = argumentOf(directive, 'as');
  const imported = directive.arguments?.find(({ name }) => name.value === 'import')?.value;
  return [
    {
      identity,
      name: identity.slice(identity.lastIndexOf('/') + 1),
      as: typeof as === 'string' ? as : undefined,
      imports: (imported?.kind === Kind.LIST ? imported.values : []).flatMap(readImport),
    },
  ];
}

function readImport(value: ConstValueNode): Link['imports'] {
  const texts: Record<string, string> = {};
  if (value.kind === Kind.STRING) texts['name'] = value.value;
  if (value.kind === Kind.OBJECT)
    for (const { name, value: text } of value.fields) if (text.kind === Kind.STRING) texts[name.value] = text.value;
  const { name, as = name } = texts;
  return name?.startsWith('@') && as ? [{ name: name.slice(1), as: as.replace(/^@/, '') }] : [];
}
