import { Kind, parse, type DocumentNode } from 'graphql';
import { GatewayError } from '../errors.ts';
import { argumentOf } from './definitions.ts';

/** One `join__Graph` value of a supergraph. */
export interface SupergraphUpstream {
  /** The enum value, such as `REVIEWS`. */
  readonly graph: string;
  /** `join__graph(name:)`, such as `reviews`. */
  readonly name: string;
  /** `join__graph(url:)`. */
  readonly url: string;
}

/**
 * The upstreams that a supergraph names.
 *
 * @throws {GatewayError} `COMPOSITION_FAILED` where the text is no supergraph.
 * @see {@link https://specs.apollo.dev/join/v0.3/ | join v0.3, join__Graph}
 */
export function readSupergraphUpstreams(supergraph: DocumentNode): readonly SupergraphUpstream[] {
  const graphs = supergraph.definitions.find(
    (node) => node.kind === Kind.ENUM_TYPE_DEFINITION && node.name.value === 'join__Graph',
  );
  if (graphs?.kind !== Kind.ENUM_TYPE_DEFINITION) {
    throw new GatewayError('COMPOSITION_FAILED', 'expected a supergraph with an enum "join__Graph", but it has none');
  }
  return (graphs.values ?? []).map((value) => {
    const directive = value.directives?.find((node) => node.name.value === 'join__graph');
    const name = directive && argumentOf(directive, 'name');
    const url = directive && argumentOf(directive, 'url');
    if (typeof name !== 'string' || typeof url !== 'string') {
      throw new GatewayError(
        'COMPOSITION_FAILED',
        `expected "join__Graph.${value.name.value}" to carry @join__graph(name:, url:)`,
      );
    }
    return { graph: value.name.value, name, url };
  });
}

/**
 * Supergraph text to document.
 *
 * @throws {GatewayError} `COMPOSITION_FAILED` with line and column where the text is not GraphQL.
 */
export function readSupergraph(text: string, file: string): DocumentNode {
  try {
    return parse(text);
  } catch (cause) {
    throw new GatewayError('COMPOSITION_FAILED', `${file}${lineOf(cause)}: ${(cause as Error).message}`, { cause });
  }
}

function lineOf(cause: unknown): string {
  const [at] = (cause as { locations?: readonly { line: number; column: number }[] }).locations ?? [];
  return at ? `:${at.line}:${at.column}` : '';
}
