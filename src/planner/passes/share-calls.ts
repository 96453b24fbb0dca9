import { CallGraph, type Call } from '../call.ts';
import { pathText, type Draft } from '../draft.ts';

/**
 * Puts drafts for one upstream into one call, wherever that costs no further wave: first those that can start in the
 * same wave anyway, then those that can wait for each other.
 */
export function shareCalls(drafts: readonly Draft[]): CallGraph {
  let graph = shareWithinWaves(new CallGraph(drafts.map((draft) => ({ upstream: draft.upstream, drafts: [draft] }))));
  for (let merged = mergeOnce(graph); merged; merged = mergeOnce(graph)) graph = merged;
  return graph;
}

function shareWithinWaves(graph: CallGraph): CallGraph {
  const groups = Map.groupBy(graph.calls, (call) => {
    const [draft] = call.drafts;
    return draft ? `${graph.level(call)}|${companyOf(draft)}` : '';
  });
  return new CallGraph([...groups.values()].map(merge));
}

/** Drafts with equal company may share a call: entities of one upstream, or its root fields at one path. */
function companyOf(draft: Draft): string {
  if (draft.entity) return `${draft.upstream}|entities`;
  return draft.kind === 'query' ? `${draft.upstream}|root${pathText(draft.path)}` : `${draft.upstream}|${draft.id}`;
}

function merge(calls: readonly Call[]): Call {
  const drafts = calls.flatMap((call) => call.drafts).toSorted((a, b) => a.id - b.id);
  return { upstream: drafts[0]?.upstream ?? 0, drafts };
}

/** Null where no two calls can become one without a longer chain of waves. */
function mergeOnce(graph: CallGraph): CallGraph | null {
  const depth = graph.depth();
  const candidates = Map.groupBy(graph.calls, ({ drafts }) => (drafts[0] ? companyOf(drafts[0]) : ''));
  for (const calls of candidates.values()) {
    const ordered = calls.toSorted((a, b) => graph.level(a) - graph.level(b));
    for (const [index, early] of ordered.entries()) {
      for (const late of ordered.slice(index + 1)) {
        if (graph.needs(late, early) || graph.needs(early, late)) continue;
        const merged = new CallGraph([
          ...graph.calls.filter((call) => call !== early && call !== late),
          merge([early, late]),
        ]);
        if (merged.depth() <= depth) return merged;
      }
    }
  }
  return null;
}
