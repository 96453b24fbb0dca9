/** A request target, taken apart; the path keeps its percent-encoding. */
export interface RequestTarget {
  /** Host and port where the target was a whole URL, else `undefined`. */
  readonly authority: string | undefined;
  /** Starts with `/`. */
  readonly path: string;
  /** With its `?`, or empty. */
  readonly query: string;
}

/**
 * Reads a request target of the origin form (`/path?query`) or the absolute form (`http://host/path?query`).
 * `undefined` for `*`, `host:port` and whatever is no target.
 *
 * @see {@link https://www.rfc-editor.org/rfc/rfc9112#section-3.2 | RFC 9112, 3.2 Request Target}
 */
export function readRequestTarget(target: string): RequestTarget | undefined {
  const match = /^(?:https?:\/\/([^/?#]+))?(\/[^?#]*)?(\?[^#]*)?/i.exec(target);
  if (match === null || target === '') return undefined;
  const [whole, authority, path, query = ''] = match;
  if (path === undefined && authority === undefined) return undefined;
  // Whatever is left over is a fragment, which no client sends.
  if (whole.length !== target.length) return undefined;
  return { authority: authority?.replace(/^.*@/, ''), path: path ?? '/', query };
}

/** Whether all characters of a path are ones that RFC 3986 lets stand in a URI, which spares the upstream surprises. */
export function isPlainPath(path: string): boolean {
  return !/[^\x21-\x7e]/.test(path);
}

/**
 * Whether a path has a `..` segment, as itself or percent-encoded (also twice), behind a backslash, or with parameters
 * (`..;x`). Clients resolve dots before they send, so what is left is an attempt to get out of a prefix: the upstream
 * might decode and resolve it.
 */
export function hasDotDot(path: string): boolean {
  let text = path;
  for (let round = 0; round < 2; round += 1) {
    text = text
      .replace(/%25/gi, '%')
      .replace(/%2e/gi, '.')
      .replace(/%2f/gi, '/')
      .replace(/%5c/gi, '\\')
      .replace(/%3b/gi, ';');
  }
  return text.split(/[/\\]/).some((segment) => segment.replace(/;.*$/s, '') === '..');
}

/** A segment with its unreserved characters decoded: `%75sers` and `users` are the same (RFC 3986, 6.2.2.2). */
export function plainSegment(segment: string): string {
  return segment.replace(/%[0-9a-f]{2}/gi, (code) => {
    const character = String.fromCharCode(Number.parseInt(code.slice(1), 16));
    return /[\w.~-]/.test(character) ? character : code.toUpperCase();
  });
}
