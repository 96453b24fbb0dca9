import { GraphQLError, type SourceLocation } from 'graphql';
import type { DocumentBound } from '../../config/limit-types.ts';
import { GatewayError } from '../../errors.ts';
import type { FixedDocumentBounds } from './default-bounds.ts';

/** A bound that the configuration gives, or one of `fixedDocumentBounds`. */
export type Bound = DocumentBound | keyof FixedDocumentBounds;

/** How a request is beyond a bound. */
export interface Excess {
  readonly bound: Bound;
  readonly max: number;
  /** What came; undefined where that was not counted to the end. */
  readonly came: number | undefined;
  /** What was counted: what is written, what it comes to with its fragments expanded, or the variables. */
  readonly of: 'text' | 'expanded' | 'variables';
  readonly location?: SourceLocation;
}

const things: Readonly<Record<Bound, string>> = {
  maxBytes: 'bytes',
  maxTokens: 'tokens',
  maxDepth: 'levels of fields',
  maxAliases: 'aliases in an operation',
  maxRootFields: 'root fields in an operation',
  maxDirectives: 'directives',
  maxFragments: 'fragments and spreads',
  maxListItems: 'items in a list',
  maxNesting: 'levels of nesting',
  maxOperations: 'operations',
  maxFields: 'fields',
  maxOverlaps: 'comparisons of fields that may be merged',
};

/**
 * What the client reads: `DOCUMENT_LIMIT_EXCEEDED` with the bound's name and value in its extensions, and the place where
 * the document goes beyond it.
 */
export function documentError(excess: Excess): GraphQLError {
  const { bound, max, came = 'more', of, location } = excess;
  const what = of === 'variables' ? 'variables' : 'a document';
  const how = of === 'expanded' ? ', its fragments expanded' : '';
  const message = `Expected ${what} of at most ${max} ${things[bound]}${how}, but got: ${came}`;
  const originalError = new GatewayError('DOCUMENT_LIMIT_EXCEEDED', message, { exposed: { limit: bound, max } });
  return new DocumentError(originalError, location);
}

/** `GraphQLError` finds lines by a regular expression over all of the text before: too dear for what is built to be dear. */
class DocumentError extends GraphQLError {
  override readonly locations: readonly SourceLocation[] | undefined;

  constructor(originalError: GatewayError, location: SourceLocation | undefined) {
    super(originalError.message, { originalError });
    this.locations = location && [location];
  }
}

/** Line and column of a place in a text, both from 1; `offset` in UTF-16 code units. */
export function locationOf(text: string, offset: number): SourceLocation {
  let line = 1;
  let lineStart = 0;
  for (let at = 0; at < offset; at += 1) {
    const code = text.charCodeAt(at);
    // GraphQL, 2.1.2: CR LF is one line end.
    if (code === 0x0a || (code === 0x0d && text.charCodeAt(at + 1) !== 0x0a)) {
      line += 1;
      lineStart = at + 1;
    }
  }
  return { line, column: offset - lineStart + 1 };
}
