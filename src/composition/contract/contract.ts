import { extractLinkImplementations } from '@theguild/federation-composition';
import {
  isTypeDefinitionNode,
  isTypeExtensionNode,
  Kind,
  type ASTNode,
  type ConstDirectiveNode,
  type DefinitionNode,
  type DocumentNode,
  type NameNode,
} from 'graphql';
import { GatewayError } from '../../errors.ts';
import { hiddenPlaces } from './contract-hiding.ts';
import { readElements } from './contract-elements.ts';
import { withFeature } from '../link-feature.ts';

/** Which part of the schema an audience sees, by `@tag`. */
export interface ContractRules {
  /** Name of the audience, for messages. */
  readonly name: string;
  /** Only fields and unions that have one of these, or whose type has. Empty: everything. */
  readonly include: readonly string[];
  /** Nothing that has one of these, whatever else it has. */
  readonly exclude: readonly string[];
}

/**
 * The supergraph of an audience: the same, with `@inaccessible` on all that the audience does not see. Joins go on using
 * what is hidden. Pure.
 *
 * With `include`, a field of an object or interface stays where it or its type has one of the tags, and a union where it
 * has; other types stay as long as something leads to them. What has a tag of `exclude` goes, and so does what cannot be
 * without it: fields of a type that goes, arguments and input fields that take or default to it, fields whose required
 * argument goes, types that are left empty, fields of interfaces that a type no longer has, types that nothing leads to.
 *
 * @throws {GatewayError} `COMPOSITION_FAILED` where no field of the query type is left.
 * @see {@link https://specs.apollo.dev/tag/v0.3/ | tag v0.3}
 * @see {@link https://specs.apollo.dev/inaccessible/v0.2/ | inaccessible v0.2}
 */
export function contractOf(supergraph: DocumentNode, rules: ContractRules): DocumentNode {
  const elements = readElements(supergraph);
  const hidden = hiddenPlaces(elements, rules);
  const query = elements.types.get(elements.roots.query);
  if (!query || hidden.has(query.place)) {
    throw new GatewayError(
      'COMPOSITION_FAILED',
      `audience "${rules.name}" sees no field of "${elements.roots.query}": expected one that its tags leave`,
    );
  }
  const linked = withFeature(supergraph, 'inaccessible');
  const marking = { hidden, directive: inaccessibleOf(linked, rules) };
  const definitions = linked.definitions.map((node) => {
    const place = placeOf(node);
    return place === undefined ? node : marked(node, place, marking);
  });
  return { ...linked, definitions };
}

const inaccessibleIdentity = 'https://specs.apollo.dev/inaccessible';

function inaccessibleOf(supergraph: DocumentNode, { name }: ContractRules): ConstDirectiveNode {
  const { resolveImportName } = extractLinkImplementations(supergraph);
  const own = resolveImportName(inaccessibleIdentity, '@inaccessible');
  // The stitched schema knows it by no other name: what is hidden under one would be seen.
  if (own !== 'inaccessible') {
    throw new GatewayError(
      'COMPOSITION_FAILED',
      `audience "${name}": expected the supergraph to link @inaccessible under its own name, but got: @${own}`,
    );
  }
  return { kind: Kind.DIRECTIVE, name: { kind: Kind.NAME, value: own } };
}

interface Markable {
  readonly directives?: readonly ConstDirectiveNode[] | undefined;
}

type Named = Markable & { readonly name: NameNode };

/** A definition, or a part of one, with all that is hidden in it marked. */
function marked<N extends ASTNode>(node: N, place: string, hiding: Marking): N {
  const {
    fields,
    values,
    arguments: inputs,
  } = node as unknown as Readonly<Record<string, readonly (ASTNode & Named)[]>>;
  const each = (nodes: readonly (ASTNode & Named)[], placed: (name: string) => string) =>
    nodes.map((inner) => marked(inner, placed(inner.name.value), hiding));
  const member = (name: string): string => `${place}.${name}`;
  const { directives = [] } = node as Markable;
  const isMarked = directives.some(({ name }) => name.value === hiding.directive.name.value);
  return {
    ...node,
    ...(fields && { fields: each(fields, member) }),
    ...(values && { values: each(values, member) }),
    ...(inputs && { arguments: each(inputs, (name) => `${place}(${name}:)`) }),
    ...(hiding.hidden.has(place) && !isMarked && { directives: [...directives, hiding.directive] }),
  };
}

interface Marking {
  readonly hidden: ReadonlySet<string>;
  /** `@inaccessible`. */
  readonly directive: ConstDirectiveNode;
}

function placeOf(node: DefinitionNode): string | undefined {
  if (node.kind === Kind.DIRECTIVE_DEFINITION) return `@${node.name.value}`;
  return isTypeDefinitionNode(node) || isTypeExtensionNode(node) ? node.name.value : undefined;
}
