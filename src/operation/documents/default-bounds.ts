import type { DocumentBounds } from '../../config/limit-types.ts';

/** What holds where the configuration says nothing. */
export const defaultDocumentBounds: DocumentBounds = {
  maxBytes: 128 * 1024,
  maxTokens: 10_000,
  maxDepth: 32,
  maxAliases: 200,
  maxRootFields: 100,
  maxDirectives: 200,
  maxFragments: 500,
  maxListItems: 1000,
};

/**
 * What holds beside them, whatever the configuration says: what no client needs, and what the stages behind cannot do at
 * all or not in reasonable time.
 */
export const fixedDocumentBounds = {
  /**
   * Braces, brackets and parentheses within each other, as written; selection sets within each other, fragments
   * expanded; lists and objects within each other in variables. Whoever walks them does so by recursion.
   */
  maxNesting: 256,
  maxOperations: 250,
  /** Fields of all operations together, fragments expanded: fragments that spread others twice double it each time. */
  maxFields: 20_000,
  /** Comparisons that GraphQL, 5.3.2 Field Selection Merging, asks for, about: they grow by the square. */
  maxOverlaps: 10_000,
} as const;

export type FixedDocumentBounds = Readonly<Record<keyof typeof fixedDocumentBounds, number>>;
