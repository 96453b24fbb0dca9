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

/** The first bound that a document is beyond. Pure, and cheap: asked for each run of an operation that is known. */
export function documentExcess(measure: DocumentMeasure, bounds: DocumentBounds): Excess | undefined {
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
