import type { DocumentBounds, DocumentLimitsConfig } from '../../config/limit-types.ts';
import type { Caller } from '../../identity/caller.ts';
import { publishLimit } from '../../telemetry/channels.ts';
import { createDocumentCheck, type DocumentCheck } from '../limit-documents.ts';

/** Holds documents against the bounds of their callers; undefined where no bound is looked at. */
export function documentCheckOf({ mode, bounds, tiers }: DocumentLimitsConfig): DocumentCheck | undefined {
  if (mode === 'off') return undefined;
  return createDocumentCheck({
    boundsFor: boundsFinder(bounds, tiers),
    mode,
    report: ({ bound, outcome, scope: { requestId } }) => publishLimit(() => ({ limit: bound, outcome, requestId })),
  });
}

/** What a tier says counts before what is said for all. */
function boundsFinder(
  bounds: DocumentBounds,
  tiers: DocumentLimitsConfig['tiers'],
): (caller: Caller) => DocumentBounds {
  const byTier = new Map(Object.entries(tiers).map(([tier, own]) => [tier, { ...bounds, ...own }]));
  return ({ tier }) => (tier === undefined ? bounds : (byTier.get(tier) ?? bounds));
}
