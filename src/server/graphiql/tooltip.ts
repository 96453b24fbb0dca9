import type { Browser, BrowserElement } from './browser-types.ts';
import { element, figureList } from './elements.ts';

export interface Tooltip {
  readonly box: BrowserElement;
  /** Has the element show the figures while it is pointed at or has the focus. */
  readonly describe: (target: BrowserElement, figures: readonly (readonly [string, string])[]) => void;
  readonly hide: () => void;
}

/** One box for the figures of whatever is looked at (WCAG 2.2, 1.4.13). Runs in the browser. */
export function createTooltip(page: Browser): Tooltip {
  const box = element(page.document, ['div', 'weft-tooltip']);
  box.id = 'weft-tooltip';
  box.hidden = true;
  box.setAttribute('role', 'tooltip');
  const hide = (): void => {
    box.hidden = true;
  };
  const describe: Tooltip['describe'] = (target, figures) => {
    const show = (): void => {
      box.replaceChildren(figureList(page.document, figures));
      box.hidden = false;
      const { top, bottom, left } = target.getBoundingClientRect();
      const height = box.getBoundingClientRect().bottom - box.getBoundingClientRect().top;
      const isRoomBelow = bottom + height + 8 < page.innerHeight;
      box.style.setProperty('left', `${left + 24}px`);
      box.style.setProperty('top', `${isRoomBelow ? bottom + 4 : Math.max(4, top - height - 4)}px`);
    };
    target.setAttribute('aria-describedby', box.id);
    for (const type of ['focus', 'mouseenter']) target.addEventListener(type, show);
    for (const type of ['blur', 'mouseleave']) target.addEventListener(type, hide);
  };
  return { box, describe, hide };
}
