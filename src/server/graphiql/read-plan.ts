import type { TimelineCall } from '../../telemetry/timeline.ts';

/** One line of a plan's text. */
export interface PlanLine {
  readonly text: string;
  /** The upstream that is called, where the line begins a fetch. */
  readonly upstream: string | undefined;
}

/** The lines of a plan as `printPlan` writes it. Pure; runs in the browser. */
export function readPlan(text: string): readonly PlanLine[] {
  // Within a fetch stand fields of the upstream, one of which may look like a fetch.
  let end: string | undefined;
  return text
    .trimEnd()
    .split('\n')
    .map((line) => {
      const [, indent = '', upstream] = /^( *)Fetch\(service: "([^"]*)"\)/.exec(line) ?? [];
      if (end === undefined && upstream !== undefined) {
        end = `${indent}}`;
        return { text: line, upstream };
      }
      if (line === end) end = undefined;
      return { text: line, upstream: undefined };
    });
}

/**
 * For each fetch of a plan, in its order, the indices of the calls that it came to. A plan and a timeline know each other
 * by upstream only: several fetches of one upstream are told apart by their order where there is a call for each; else all
 * calls of the upstream are given for each of them. Pure; runs in the browser.
 */
export function linkCalls(
  upstreams: readonly string[],
  calls: readonly Pick<TimelineCall, 'upstream'>[],
): readonly (readonly number[])[] {
  return upstreams.map((upstream, index) => {
    const own = calls.flatMap((call, at) => (call.upstream === upstream ? [at] : []));
    const fetches = upstreams.filter((name) => name === upstream).length;
    if (fetches === 1 || fetches !== own.length) return own;
    const nth = upstreams.slice(0, index).filter((name) => name === upstream).length;
    return own.slice(nth, nth + 1);
  });
}
