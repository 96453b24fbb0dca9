import type { DocumentBounds, DocumentLimitsConfig } from '../../config/limit-types.ts';

/** The bounds of callers of a tier; `undefined` for callers of none. */
export type BoundsOfTier = (tier: string | undefined) => DocumentBounds;

/** What a tier says nothing of is as for all. Made once: nothing is put together for a request. */
export function boundsByTier({ bounds, tiers }: Pick<DocumentLimitsConfig, 'bounds' | 'tiers'>): BoundsOfTier {
  const byTier = new Map(Object.entries(tiers).map(([tier, own]) => [tier, { ...bounds, ...own }]));
  return (tier) => (tier === undefined ? bounds : (byTier.get(tier) ?? bounds));
}
