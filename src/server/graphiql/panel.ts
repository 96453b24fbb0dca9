import type { Browser, BrowserElement } from './browser-types.ts';
import { buttonElement, element } from './elements.ts';
import { formatTime } from './figures.ts';
import { drawPlan } from './plan-view.ts';
import { createTooltip, type Tooltip } from './tooltip.ts';
import { drawWaterfall } from './waterfall.ts';
import { watchFetch, type SeenAnswer } from './watch-fetch.ts';

/**
 * Puts a button into the page that opens the panel. While it is open, each operation asks for its plan and its timeline,
 * and they are drawn. Whether it is open is remembered by the browser. Runs in the browser, before GraphiQL starts.
 */
export function startPanel(page: Browser): void {
  const { document } = page;
  const tooltip = createTooltip(page);
  const content = element(document, ['div', 'weft-content'], ...emptyContent(page));
  const drawer = element(document, ['aside', 'weft-drawer'], content, tooltip.box);
  drawer.id = 'weft-timeline';
  drawer.setAttribute('aria-label', 'Timeline and query plan');
  const button = buttonElement(document, 'weft-button', 'Timeline');
  button.setAttribute('aria-controls', drawer.id);
  const panel = element(document, ['div', 'weft-panel'], button, drawer);
  let isOpen = recallsOpen(page);
  const show = (): void => {
    drawer.hidden = !isOpen;
    button.setAttribute('aria-expanded', String(isOpen));
    document.body.classList.toggle('weft-panel-open', isOpen);
  };
  button.addEventListener('click', () => {
    isOpen = !isOpen;
    rememberOpen(page, isOpen);
    show();
  });
  // Escape first closes the tooltip, then the panel.
  panel.addEventListener('keydown', ({ key }) => {
    if (key !== 'Escape' || !isOpen) return;
    if (!tooltip.box.hidden) {
      tooltip.hide();
      return;
    }
    isOpen = false;
    rememberOpen(page, isOpen);
    show();
    button.focus();
  });
  watchFetch(page, {
    isOn: () => isOpen,
    answered: (answer) => {
      tooltip.hide();
      if (answer) content.replaceChildren(...drawAnswer(page, answer, tooltip));
    },
  });
  show();
  document.body.append(panel);
}

export function recallsOpen({ localStorage }: Browser): boolean {
  try {
    return localStorage.getItem('weft:timeline') === 'on';
  } catch {
    return false;
  }
}

/** Where the browser keeps nothing, the panel is closed again after a reload. */
export function rememberOpen({ localStorage }: Browser, isOpen: boolean): void {
  try {
    localStorage.setItem('weft:timeline', isOpen ? 'on' : 'off');
  } catch {
    // It is a convenience.
  }
}

export function emptyContent({ document }: Browser): readonly BrowserElement[] {
  const text = 'Run an operation to see where its time goes, and by which plan.';
  return [element(document, ['p', 'weft-note'], text)];
}

export function drawAnswer(page: Browser, answer: SeenAnswer, tooltip: Tooltip): readonly BrowserElement[] {
  const { document } = page;
  const { timeline, plan } = answer;
  const summary = element(document, ['p', 'weft-summary'], summaryOf(answer));
  summary.setAttribute('role', 'status');
  const drawn = timeline && drawWaterfall(page, timeline, tooltip);
  const timePart = drawn?.view ?? missingNote(page, 'timeline', 'graphql.timeline');
  const planPart =
    plan === undefined
      ? missingNote(page, 'plan', 'graphql.queryPlan')
      : drawPlan(page, { plan, timeline }, drawn?.rows ?? []);
  return [summary, element(document, ['div', 'weft-columns'], timePart, planPart)];
}

export function summaryOf({ operationName, status, timeline }: SeenAnswer): string {
  const head = `${operationName === '' ? 'Operation without a name' : operationName} · HTTP ${status}`;
  if (!timeline) return head;
  const { total, upstream, calls, cache } = timeline;
  const own = formatTime(Math.max(0, total - upstream));
  const count = `${calls.length} ${calls.length === 1 ? 'call' : 'calls'}`;
  const parts = [head, formatTime(total), `gateway ${own}`, `upstreams ${formatTime(upstream)}`, count];
  return [...parts, ...(cache === null ? [] : [`cache ${cache}`])].join(' · ');
}

export function missingNote({ document }: Browser, what: 'timeline' | 'plan', setting: string): BrowserElement {
  const note = element(document, ['p', 'weft-note'], `The answer has no ${what}. It comes where `);
  const stitched = what === 'plan' ? ' An operation that runs stitched has none.' : '';
  const parts = [element(document, ['code', ''], setting), ' in gateway.yaml is true, or allows it to this caller: '];
  note.append(...parts, element(document, ['code', ''], `${setting.replace('.', ': { ')}: true }`), `.${stitched}`);
  return note;
}
