import type { BrowserDocument, BrowserElement } from './browser-types.ts';

/** Makes elements; all text goes in as text, so that markup in it stays what it is. Runs in the browser. */
export function element(
  document: BrowserDocument,
  [name, className]: readonly [name: string, className: string],
  ...parts: readonly (BrowserElement | string)[]
): BrowserElement {
  const made = document.createElement(name);
  made.className = className;
  made.append(...parts);
  return made;
}

/** A button that is no form's. Runs in the browser. */
export function buttonElement(
  document: BrowserDocument,
  className: string,
  ...parts: readonly (BrowserElement | string)[]
): BrowserElement {
  const made = element(document, ['button', className], ...parts);
  made.setAttribute('type', 'button');
  return made;
}

/** Sets where a bar stands in its track, in percent of the span. Runs in the browser. */
export function placeBar(bar: BrowserElement, from: number, share: number): void {
  bar.style.setProperty('left', `${(from * 100).toFixed(3)}%`);
  bar.style.setProperty('width', `${(share * 100).toFixed(3)}%`);
}

/** A name-and-value list. Runs in the browser. */
export function figureList(document: BrowserDocument, figures: readonly (readonly [string, string])[]): BrowserElement {
  const parts = figures.flatMap(([name, value]) => [
    element(document, ['dt', ''], name),
    element(document, ['dd', ''], value),
  ]);
  return element(document, ['dl', 'weft-figures'], ...parts);
}
