import type { Timeline } from '../../telemetry/timeline.ts';
import type { Browser } from './browser-types.ts';

/** One operation that ran while the panel was on. */
export interface SeenAnswer {
  /** '' for an operation without a name. */
  readonly operationName: string;
  readonly status: number;
  /** Undefined where the answer has none. */
  readonly timeline: Timeline | undefined;
  readonly plan: string | undefined;
}

export interface FetchWatch {
  /** Whether plan and timeline are asked for. */
  readonly isOn: () => boolean;
  /** Hears the answer of the operation that was sent last; undefined where it holds no JSON or was cut off. */
  readonly answered: (answer: SeenAnswer | undefined) => void;
}

/**
 * Has the page's `fetch` ask for plan and timeline with each operation, and look at a copy of its answer. Other requests,
 * and GraphiQL's own question for the schema, go as they are. Runs in the browser.
 */
export function watchFetch(page: Browser, watch: FetchWatch): void {
  const plain = page.fetch.bind(page);
  let latest = 0;
  page.fetch = async (input, init) => {
    const url = new URL(input instanceof Request ? input.url : input, page.location.href);
    const isEndpoint = url.origin === page.location.origin && url.pathname === page.location.pathname;
    const operationName = sentOperation(init?.body, url);
    if (!watch.isOn() || !isEndpoint || operationName === 'IntrospectionQuery') return plain(input, init);
    const headers = new Headers(init?.headers ?? (input instanceof Request ? input.headers : undefined));
    headers.set('weft-query-plan', 'true');
    headers.set('weft-timeline', 'true');
    latest += 1;
    const own = latest;
    const response = await plain(input, { ...init, headers });
    // A copy of a stream of events would be kept in memory for as long as it runs.
    if (/[/+]json\b/.test(response.headers.get('content-type') ?? '')) {
      void readAnswer(response.clone(), operationName).then((answer) => {
        if (own === latest) watch.answered(answer);
      });
    }
    return response;
  };
}

/** Name of the operation that a request asks for; '' where it has none. */
export function sentOperation(body: unknown, url: URL): string {
  if (typeof body !== 'string') return url.searchParams.get('operationName') ?? '';
  try {
    const name = (JSON.parse(body) as { readonly operationName?: unknown } | null)?.operationName;
    return typeof name === 'string' ? name : '';
  } catch {
    return '';
  }
}

export async function readAnswer(response: Response, operationName: string): Promise<SeenAnswer | undefined> {
  try {
    const body = (await response.json()) as { readonly extensions?: Readonly<Record<string, unknown>> } | null;
    const { timeline, queryPlan } = body?.extensions ?? {};
    return {
      operationName,
      status: response.status,
      timeline: (timeline as Partial<Timeline> | undefined)?.version === 1 ? (timeline as Timeline) : undefined,
      plan: typeof queryPlan === 'string' ? queryPlan : undefined,
    };
  } catch {
    return undefined;
  }
}
