import type { Call, CallGraph } from '../call.ts';

export interface OrderedCall {
  readonly call: Call;
  /** Places in the order of the calls that must have ended; those that these wait for anyway are left out. */
  readonly after: readonly number[];
}

/** Calls by wave, and within a wave as they were drafted, so that each comes after what it needs. */
export function orderCalls(graph: CallGraph): readonly OrderedCall[] {
  const ordered = graph.calls.toSorted((a, b) => graph.level(a) - graph.level(b) || firstId(a) - firstId(b));
  const places = new Map(ordered.map((call, place) => [call, place]));
  return ordered.map((call) => {
    const before = [...graph.before(call)];
    const direct = before.filter((needed) => !before.some((other) => other !== needed && graph.needs(other, needed)));
    return { call, after: direct.map((needed) => places.get(needed) ?? 0).toSorted((a, b) => a - b) };
  });
}

function firstId({ drafts }: Call): number {
  return drafts[0]?.id ?? 0;
}
