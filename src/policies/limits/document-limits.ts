import type { DocumentLimitsConfig } from '../../config/limit-types.ts';
import { boundsByTier } from '../../operation/documents/bounds-by-tier.ts';
import { publishLimit } from '../../telemetry/channels.ts';
import { createDocumentCheck, type DocumentCheck } from '../limit-documents.ts';

/** Holds documents against the bounds of their callers; undefined where no bound is looked at. */
export function documentCheckOf(config: DocumentLimitsConfig): DocumentCheck | undefined {
  const { mode } = config;
  if (mode === 'off') return undefined;
  const boundsFor = boundsByTier(config);
  return createDocumentCheck({
    boundsFor: ({ tier }) => boundsFor(tier),
    mode,
    report: ({ bound, outcome, scope: { requestId, caller } }) =>
      publishLimit(() => ({ limit: bound, outcome, tier: caller.tier, requestId })),
  });
}
