import { Kind, type ConstDirectiveNode, type ConstValueNode, type DocumentNode } from 'graphql';
import { argumentOf } from './definitions.ts';

/**
 * What a document links, and what it calls the linked directives. The composition library's own reader does not know
 * imports that are renamed.
 *
 * @see {@link https://specs.apollo.dev/link/v1.0/ | link v1.0, @link}
 */

export interface Link {
  /** The specification's address without its version, such as `https://specs.apollo.dev/policy`. */
  readonly identity: string;
  /** Last part of the identity. */
  readonly name: string;
  readonly as: string | undefined;
  /** Imported directives, without `@`. */
  readonly imports: readonly { readonly name: string; readonly as: string }[];
}

/** The `@link`s of a document, in its order. */
export function linksOf({ definitions }: DocumentNode): readonly Link[] {
  return definitions.flatMap((node) =>
    node.kind === Kind.SCHEMA_DEFINITION || node.kind === Kind.SCHEMA_EXTENSION
      ? (node.directives ?? []).filter(({ name }) => name.value === 'link').flatMap(readLink)
      : [],
  );
}

/** Whether a link is to the specification of that name at specs.apollo.dev. */
export function isSpecification({ identity, name }: Link, names: { has: (name: string) => boolean }): boolean {
  return /^https?:\/\/specs\.apollo\.dev\//.test(identity) && names.has(name);
}

/**
 * What linked specifications' directives are called. `specifications` has the directives of each specification by its
 * name; one that has the name of its specification may be called by the namespace alone.
 */
export function linkedNames<D extends string>(
  links: readonly Link[],
  specifications: ReadonlyMap<string, readonly D[]>,
): Map<string, D> {
  const names = new Map<string, D>();
  for (const link of links.filter((each) => isSpecification(each, specifications))) {
    const namespace = link.as ?? link.name;
    for (const directive of specifications.get(link.name) ?? []) {
      if (directive === link.name) names.set(namespace, directive);
      names.set(`${namespace}__${directive}`, directive);
      for (const { name, as } of link.imports) if (name === directive) names.set(as, directive);
    }
  }
  return names;
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

/** One entry of `import:`; none where it is no directive. */
export function readImport(value: ConstValueNode): Link['imports'] {
  const texts: Record<string, string> = {};
  if (value.kind === Kind.STRING) texts['name'] = value.value;
  if (value.kind === Kind.OBJECT)
    for (const { name, value: text } of value.fields) if (text.kind === Kind.STRING) texts[name.value] = text.value;
  const { name, as = name } = texts;
  return name?.startsWith('@') && as ? [{ name: name.slice(1), as: as.replace(/^@/, '') }] : [];
}
