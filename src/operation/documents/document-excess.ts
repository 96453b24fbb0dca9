import type { DocumentBounds } from '../../config/limit-types.ts';
import { fixedDocumentBounds, type FixedDocumentBounds } from './default-bounds.ts';
import type { Bound, Excess } from './excess.ts';
import type { DocumentMeasure } from './measure-document.ts';

type Checks = Readonly<Record<Bound, { readonly counted: keyof DocumentMeasure; readonly of: Excess['of'] }>>;

/** What is cheapest to understand comes first: the first that is broken is told. */
const checks: Checks = {
  maxBytes: { counted: 'bytes', of: 'text' },
  maxTokens: { counted: 'tokens', of: 'text' },
  maxOperations: { counted: 'operations', of: 'text' },
  maxDepth: { counted: 'depth', of: 'expanded' },
  maxAliases: { counted: 'aliases', of: 'expanded' },
  maxRootFields: { counted: 'rootFields', of: 'expanded' },
  maxDirectives: { counted: 'directives', of: 'text' },
  maxFragments: { counted: 'fragments', of: 'text' },
  maxListItems: { counted: 'listItems', of: 'text' },
  maxNesting: { counted: 'nesting', of: 'expanded' },
  maxFields: { counted: 'fields', of: 'expanded' },
  maxOverlaps: { counted: 'overlaps', of: 'expanded' },
};

const inOrder = Object.entries(checks) as readonly [Bound, Checks[Bound]][];

/** The first bound that a document is beyond. Pure. */
export function documentExcess(measure: DocumentMeasure, bounds: DocumentBounds): Excess | undefined {
  if (isWithin(measure, bounds) && isWithinFixed(measure)) return undefined;
  for (const [bound, { counted, of }] of inOrder) {
    const max = maxOf(bound, bounds);
    const came = measure[counted];
    if (max !== undefined && came > max) return { bound, max, came, of };
  }
  return undefined;
}

function maxOf(bound: Bound, bounds: DocumentBounds): number | undefined {
  return bound in fixedDocumentBounds
    ? fixedDocumentBounds[bound as keyof FixedDocumentBounds]
    : bounds[bound as keyof DocumentBounds];
}

/** Asked for each run of an operation that is known: as good as all are within their bounds, and it should cost nothing. */
function isWithin(measure: DocumentMeasure, bounds: DocumentBounds): boolean {
  const { maxBytes = Infinity, maxTokens = Infinity, maxDepth = Infinity, maxAliases = Infinity } = bounds;
  const { maxRootFields = Infinity, maxDirectives = Infinity } = bounds;
  const { maxFragments = Infinity, maxListItems = Infinity } = bounds;
  return (
    measure.bytes <= maxBytes &&
    measure.tokens <= maxTokens &&
    measure.depth <= maxDepth &&
    measure.aliases <= maxAliases &&
    measure.rootFields <= maxRootFields &&
    measure.directives <= maxDirectives &&
    measure.fragments <= maxFragments &&
    measure.listItems <= maxListItems
  );
}

function isWithinFixed({ nesting, operations, fields, overlaps }: DocumentMeasure): boolean {
  const { maxNesting, maxOperations, maxFields, maxOverlaps } = fixedDocumentBounds;
  return nesting <= maxNesting && operations <= maxOperations && fields <= maxFields && overlaps <= maxOverlaps;
}
