import { buttonElement, element, figureList, placeBar } from './elements.ts';
import { describeCall, figuresOf, formatBytes, formatTime, isFailed, spanOf, ticksOf } from './figures.ts';
import { drawAnswer, emptyContent, missingNote, recallsOpen, rememberOpen, startPanel, summaryOf } from './panel.ts';
import { drawPlan, linkRows } from './plan-view.ts';
import { linkCalls, readPlan } from './read-plan.ts';
import { createTooltip } from './tooltip.ts';
import { readAnswer, sentOperation, watchFetch } from './watch-fetch.ts';
import { drawAxis, drawLegend, drawPhases, drawRow, drawWaterfall, moveByArrows, phaseFigures } from './waterfall.ts';

/**
 * All functions that the panel is made of. They are sent to the browser by their own text, in one scope: a function of this
 * folder may use functions of this list and what browsers have, and no constant or import beside.
 */
const functions: readonly ((...values: never) => unknown)[] = [
  ...[buttonElement, element, figureList, placeBar],
  ...[describeCall, figuresOf, formatBytes, formatTime, isFailed, spanOf, ticksOf],
  ...[drawAnswer, emptyContent, missingNote, recallsOpen, rememberOpen, startPanel, summaryOf],
  ...[drawPlan, linkRows, linkCalls, readPlan, createTooltip],
  ...[readAnswer, sentOperation, watchFetch],
  ...[drawAxis, drawLegend, drawPhases, drawRow, drawWaterfall, moveByArrows, phaseFigures],
];

/** The panel's script, ready to stand in a page before GraphiQL's own. */
export function panelScript(): string {
  const text = `(() => {\n'use strict';\n${functions.join('\n')}\n${startPanel.name}(globalThis);\n})();`;
  // These would end the script, or begin a comment in it (HTML, 4.12.1.3 Restrictions for contents of script elements).
  if (/<\/script|<!--|<script/i.test(text))
    throw new TypeError('the panel must not hold a script tag or a comment of HTML');
  return text;
}
