import { buildASTSchema, getOperationAST, Kind, parse, type DocumentNode } from 'graphql';
import { readCacheHints } from '../../src/composition/cache-hints/cache-hints.ts';
import type { CacheHint } from '../../src/config/cache-types.ts';
import {
  compileCachePolicy,
  type CachePolicy,
  type CachePolicyInput,
} from '../../src/operation/cache-policy/cache-policy.ts';

const directives = /* GraphQL */ `
  directive @cacheControl(
    maxAge: Int
    scope: CacheControlScope
    inheritMaxAge: Boolean
  ) on FIELD_DEFINITION | OBJECT | INTERFACE | UNION
  enum CacheControlScope {
    PUBLIC
    PRIVATE
  }
  directive @cacheTag(format: String!) repeatable on FIELD_DEFINITION | OBJECT
  directive @join__type(key: String) repeatable on OBJECT
`;

/** A schema with hints, as it stands in a supergraph. Its root types have their usual names. */
export function hintedSchema(
  sdl: string,
  configured: Readonly<Record<string, CacheHint>> = {},
): Pick<CachePolicyInput, 'schema' | 'hints'> {
  const document = parse(directives + sdl);
  return { schema: buildASTSchema(document), hints: readCacheHints(document, configured) };
}

/** The policy of the first operation of a text. */
export function policyOf(text: string | DocumentNode, hinted: Pick<CachePolicyInput, 'schema' | 'hints'>): CachePolicy {
  const document = typeof text === 'string' ? parse(text) : text;
  const [first] = document.definitions.filter(({ kind }) => kind === Kind.OPERATION_DEFINITION);
  const node = getOperationAST(document) ?? first;
  if (node?.kind !== Kind.OPERATION_DEFINITION) throw new TypeError('the text must have an operation');
  return compileCachePolicy({ document, node, ...hinted });
}
