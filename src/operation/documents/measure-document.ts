import { print, type DocumentNode } from 'graphql';
import { countOverlaps } from './count-overlaps.ts';
import { fixedDocumentBounds } from './default-bounds.ts';
import { Expansion, nothing, saturated } from './expansion.ts';
import { countWritten, type WrittenCounts } from './scan-text.ts';

/** What a document comes to. Numbers of what fragments expand to end at `Number.MAX_SAFE_INTEGER`. */
export interface DocumentMeasure extends WrittenCounts {
  /** Selection sets within each other with fragments expanded, or brackets as written, whatever is more. */
  readonly nesting: number;
  /** Fields below each other, fragments expanded; of the operation that has most, as `aliases` and `rootFields` are. */
  readonly depth: number;
  readonly aliases: number;
  readonly rootFields: number;
  /** Fields of all operations together, fragments expanded; fragments that no operation spreads count once. */
  readonly fields: number;
  /** Pairs to compare for merging fields; counting ends beyond `fixedDocumentBounds.maxOverlaps`. */
  readonly overlaps: number;
}

/**
 * Measures a document that was parsed. Each fragment is looked at once, however often it is spread; one that spreads itself
 * counts there as empty, which validation refuses. Pure.
 *
 * @param operationName Depth, aliases and root fields are this operation's; default: of whichever has most.
 */
export function measureDocument(document: DocumentNode, operationName?: string): DocumentMeasure {
  const expansion = new Expansion(document);
  const most = { ...nothing };
  for (const root of expansion.roots) {
    most.fields = saturated(most.fields + root.fields);
    most.nesting = Math.max(most.nesting, root.nesting);
    if (!root.isOperation || (operationName !== undefined && root.name !== operationName)) continue;
    most.depth = Math.max(most.depth, root.depth);
    most.aliases = Math.max(most.aliases, root.aliases);
    most.rootFields = Math.max(most.rootFields, root.rootFields);
  }
  const written = countWritten(document.loc?.source.body ?? print(document));
  const nesting = Math.max(written.nesting, most.nesting);
  const isWorthComparing = mayOverlap(most.fields, written.fragments, nesting);
  return { ...written, ...most, nesting, overlaps: isWorthComparing ? countOverlaps(expansion) : 0 };
}

const { maxFields, maxNesting, maxOverlaps } = fixedDocumentBounds;

/** Nothing of a document that is refused anyway is compared, nor of one that is too small for many comparisons. */
function mayOverlap(fields: number, fragments: number, nesting: number): boolean {
  return fields <= maxFields && nesting <= maxNesting && (fields + fragments) ** 2 > maxOverlaps;
}
