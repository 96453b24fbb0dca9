/**
 * The little of a browser that the panel uses. The compiler's own types of the DOM would hold for all of the gateway,
 * where there is no `document`.
 */
export interface BrowserElement {
  id: string;
  className: string;
  textContent: string | null;
  hidden: boolean;
  readonly classList: { readonly toggle: (name: string, isOn?: boolean) => void };
  readonly style: { readonly setProperty: (name: string, value: string) => void };
  readonly append: (...parts: readonly (BrowserElement | string)[]) => void;
  readonly replaceChildren: (...parts: readonly (BrowserElement | string)[]) => void;
  readonly setAttribute: (name: string, value: string) => void;
  readonly addEventListener: (type: string, listener: (event: BrowserKeyEvent) => void) => void;
  readonly focus: () => void;
  readonly scrollIntoView: (options: { readonly block: 'nearest' }) => void;
  readonly getBoundingClientRect: () => { readonly top: number; readonly bottom: number; readonly left: number };
}

export interface BrowserKeyEvent {
  readonly key: string;
  readonly preventDefault: () => void;
}

export interface BrowserDocument {
  readonly body: BrowserElement;
  readonly createElement: (name: string) => BrowserElement;
}

/** `globalThis` of a page. */
export interface Browser {
  fetch: typeof fetch;
  readonly document: BrowserDocument;
  readonly location: { readonly href: string; readonly origin: string; readonly pathname: string };
  /** Throws where the browser lets pages keep nothing. */
  readonly localStorage: {
    readonly getItem: (key: string) => string | null;
    readonly setItem: (key: string, value: string) => void;
  };
  readonly innerHeight: number;
}
