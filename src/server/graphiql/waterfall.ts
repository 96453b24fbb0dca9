import type { Timeline, TimelineCall } from '../../telemetry/timeline.ts';
import type { Browser, BrowserDocument, BrowserElement } from './browser-types.ts';
import { buttonElement, element, placeBar } from './elements.ts';
import { describeCall, figuresOf, formatTime, isFailed, spanOf, ticksOf } from './figures.ts';
import type { Tooltip } from './tooltip.ts';

export interface Waterfall {
  readonly view: BrowserElement;
  /** A row for each call, in the timeline's order. */
  readonly rows: readonly BrowserElement[];
}

/** The phases of the gateway and, under them, a bar for each call on one scale of time. Runs in the browser. */
export function drawWaterfall(page: Browser, timeline: Timeline, tooltip: Tooltip): Waterfall {
  const { document } = page;
  const span = spanOf(timeline);
  const rows = timeline.calls.map((call) => {
    const row = drawRow(document, call, span);
    tooltip.describe(row, figuresOf(call));
    return row;
  });
  moveByArrows(rows);
  const items = rows.map((row) => element(document, ['li', ''], row));
  const calls =
    items.length > 0
      ? element(document, ['ol', 'weft-calls'], ...items)
      : element(document, ['p', 'weft-note'], 'No upstream was called.');
  calls.setAttribute('aria-label', 'Calls to upstreams');
  const phases = drawPhases(document, timeline, span);
  tooltip.describe(phases, phaseFigures(timeline));
  const parts = [drawAxis(document, span), phases, calls, drawLegend(document)];
  return { view: element(document, ['section', 'weft-waterfall'], ...parts), rows };
}

export function drawRow(document: BrowserDocument, call: TimelineCall, span: number): BrowserElement {
  const label = element(document, ['span', 'weft-label'], element(document, ['b', ''], call.upstream));
  label.append(` ${describeCall(call)}`, ...(call.batch > 1 ? [` ×${call.batch}`] : []));
  const kind = isFailed(call) ? 'failed' : call.source;
  const bar = element(document, ['span', `weft-bar weft-${kind}`]);
  placeBar(bar, call.start / span, call.time / span);
  // The light part of a bar is the time until the request went out on a socket.
  const wait = element(document, ['span', 'weft-wait']);
  placeBar(wait, 0, call.time > 0 ? Math.min(1, (call.wait ?? 0) / call.time) : 0);
  bar.append(wait);
  const track = element(document, ['span', 'weft-track'], bar);
  const time = element(document, ['span', 'weft-time'], formatTime(call.time));
  const row = buttonElement(document, 'weft-row', label, track, time);
  const outcome = isFailed(call) ? `failed (${call.error ?? call.status})` : call.source;
  row.setAttribute('aria-label', `${call.upstream} ${describeCall(call)}, ${formatTime(call.time)}, ${outcome}`);
  return row;
}

export function drawPhases(document: BrowserDocument, timeline: Timeline, span: number): BrowserElement {
  const bars = timeline.phases.map(({ name, start, time }) => {
    const bar = element(document, ['span', `weft-bar weft-phase weft-${name}`]);
    placeBar(bar, start / span, time / span);
    return bar;
  });
  const label = element(document, ['span', 'weft-label'], element(document, ['b', ''], 'gateway'));
  label.append(` ${timeline.phases.map(({ name }) => name).join(', ')}`);
  const own = formatTime(Math.max(0, timeline.total - timeline.upstream));
  const track = element(document, ['span', 'weft-track'], ...bars);
  const row = buttonElement(
    document,
    'weft-row weft-phases',
    label,
    track,
    element(document, ['span', 'weft-time'], own),
  );
  row.setAttribute('aria-label', `gateway, ${own} of its own`);
  return row;
}

export function phaseFigures(timeline: Timeline): readonly (readonly [string, string])[] {
  return [
    ['Total', formatTime(timeline.total)],
    ['Upstreams', formatTime(timeline.upstream)],
    ['Gateway', formatTime(Math.max(0, timeline.total - timeline.upstream))],
    ...timeline.phases.map(({ name, time }) => [name, formatTime(time)] as const),
  ];
}

export function drawAxis(document: BrowserDocument, span: number): BrowserElement {
  const ticks = ticksOf(span).map((moment) => {
    const tick = element(document, ['span', 'weft-tick'], String(Number(moment.toPrecision(3))));
    tick.style.setProperty('left', `${((moment / span) * 100).toFixed(3)}%`);
    return tick;
  });
  const track = element(document, ['span', 'weft-track'], ...ticks);
  const parts = [
    element(document, ['span', 'weft-label'], 'milliseconds'),
    track,
    element(document, ['span', 'weft-time']),
  ];
  const axis = element(document, ['div', 'weft-axis'], ...parts);
  axis.setAttribute('aria-hidden', 'true');
  return axis;
}

export function drawLegend(document: BrowserDocument): BrowserElement {
  const kinds = ['upstream', 'shared', 'cache', 'revalidated', 'failed'];
  const parts = kinds.flatMap((kind) => [element(document, ['span', `weft-swatch weft-${kind}`]), `${kind} `]);
  return element(document, ['p', 'weft-legend'], ...parts);
}

/** The keys that lists have: up, down, first, last. */
export function moveByArrows(rows: readonly BrowserElement[]): void {
  for (const [index, row] of rows.entries()) {
    const targets: Readonly<Record<string, number>> = {
      ...{ ArrowUp: index - 1, ArrowDown: index + 1, Home: 0, End: rows.length - 1 },
    };
    row.addEventListener('keydown', (event) => {
      const target = rows[targets[event.key] ?? -1];
      if (!target) return;
      event.preventDefault();
      target.focus();
    });
  }
}
