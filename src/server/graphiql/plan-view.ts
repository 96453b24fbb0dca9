import type { Timeline } from '../../telemetry/timeline.ts';
import type { Browser, BrowserElement } from './browser-types.ts';
import { buttonElement, element } from './elements.ts';
import { linkCalls, readPlan } from './read-plan.ts';

/**
 * The plan's text, in which each fetch is a button: it and the rows of its calls light up together, and to press it leads
 * to the first of them. Runs in the browser.
 */
export function drawPlan(
  page: Browser,
  { plan, timeline }: { readonly plan: string; readonly timeline: Timeline | undefined },
  rows: readonly BrowserElement[],
): BrowserElement {
  const { document } = page;
  const lines = readPlan(plan);
  const upstreams = lines.flatMap(({ upstream }) => upstream ?? []);
  const links = linkCalls(upstreams, timeline?.calls ?? []);
  let fetches = 0;
  const parts = lines.flatMap(({ text, upstream }): (BrowserElement | string)[] => {
    if (upstream === undefined) return [text, '\n'];
    const own = (links[fetches++] ?? []).flatMap((index) => rows[index] ?? []);
    const indent = text.slice(0, text.length - text.trimStart().length);
    const button = buttonElement(document, 'weft-fetch', text.trimStart());
    linkRows(button, own);
    return [indent, button, '\n'];
  });
  const text = element(document, ['pre', 'weft-plan-text'], ...parts);
  const section = element(document, ['section', 'weft-plan'], text);
  section.setAttribute('aria-label', 'Query plan');
  return section;
}

export function linkRows(fetch: BrowserElement, rows: readonly BrowserElement[]): void {
  const light = (isOn: boolean): void => {
    for (const one of [fetch, ...rows]) one.classList.toggle('weft-linked', isOn);
  };
  for (const one of [fetch, ...rows]) {
    for (const type of ['focus', 'mouseenter']) one.addEventListener(type, () => light(true));
    for (const type of ['blur', 'mouseleave']) one.addEventListener(type, () => light(false));
  }
  fetch.addEventListener('click', () => rows[0]?.focus());
  for (const row of rows) {
    row.addEventListener('focus', () => fetch.scrollIntoView({ block: 'nearest' }));
    row.addEventListener('click', () => fetch.focus());
  }
  if (rows.length === 0) fetch.setAttribute('title', 'No call of this upstream in the timeline');
}
