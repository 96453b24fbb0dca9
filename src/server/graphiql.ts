import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { promisify } from 'node:util';
import { gunzip, gzip } from 'node:zlib';
import type { GatewayConfig } from '../config/types.ts';
import { joinVary } from '../lib/vary.ts';
import { sendAnswer } from './answer.ts';
import { panelScript } from './graphiql/script.ts';
import { panelStyle } from './graphiql/style.ts';

export interface GraphiqlOptions extends Pick<GatewayConfig['graphql'], 'firstOperation'> {
  /**
   * Whether the page has the panel that draws timeline and plan of the last operation; for a gateway that gives at least
   * some caller either. Default false.
   */
  readonly showsPanel?: boolean;
}

interface Page {
  readonly gzipped: Buffer;
  readonly etag: string;
  readonly policy: string;
}

/**
 * GraphiQL as one page that needs no other server: scripts, styles, workers and icon are in it, and its content
 * security policy lets nothing else in. It is made when it is first asked for (it has 9 MB) and kept compressed. It is
 * served whatever the URL's query: GraphiQL keeps the edited operation there, so that a reload and a shared link work.
 */
export function createGraphiqlPage(
  options: GraphiqlOptions,
): (req: IncomingMessage, res: ServerResponse) => Promise<void> {
  let made: Promise<Page> | undefined;
  return async (req, res) => {
    made ??= makePage(options);
    const page = await made.catch((error: unknown) => {
      made = undefined;
      throw error;
    });
    await sendPage(req, res, page);
  };
}

// A text that stands for the first operation while the page is made: Yoga's renderer writes its options into a script
// unescaped, where a `</script>` in the operation would end it.
const placeholder = 'first-operation';

/** Where GraphiQL draws itself. */
const root = '<div id="root"></div>';

async function makePage({ firstOperation, showsPanel = false }: GraphiqlOptions): Promise<Page> {
  const { renderGraphiQL } = await import('@graphql-yoga/render-graphiql');
  const operation = firstOperation === undefined ? '{\n  __typename\n}\n' : await readFile(firstOperation, 'utf8');
  const literal = JSON.stringify(operation).replaceAll('<', String.raw`\u003c`);
  const rendered = renderGraphiQL({ title: 'Weft', defaultQuery: placeholder });
  const page = rendered.replace(JSON.stringify(placeholder), () => literal).trimStart();
  const start = page.indexOf('<script>', page.indexOf(root)) + '<script>'.length;
  const own = page.slice(start, page.indexOf('</script>', start));
  const panel = showsPanel ? panelScript() : undefined;
  const html = panel === undefined ? page : page.replace(root, () => `${root}${panelMarkup(panel)}`);
  const policy = policyOf(panel === undefined ? [own] : [panel, own]);
  return { gzipped: await promisify(gzip)(html), etag: `"${digest(html, 'base64url')}"`, policy };
}

/** Stands before GraphiQL's script, so that the panel sees GraphiQL's first request. */
function panelMarkup(script: string): string {
  return `\n<style>${panelStyle}</style>\n<script>${script}</script>`;
}

/** Fail closed: the page's own scripts by their hashes, its workers, its own server, and nothing else. */
function policyOf(scripts: readonly string[]): string {
  return [
    "default-src 'none'",
    `script-src ${scripts.map((script) => `'sha256-${digest(script, 'base64')}'`).join(' ')}`,
    'worker-src blob:',
    "style-src 'unsafe-inline'",
    'img-src data:',
    'font-src data:',
    "connect-src 'self'",
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
  ].join('; ');
}

function digest(text: string, encoding: 'base64' | 'base64url'): string {
  return createHash('sha256').update(text).digest(encoding);
}

async function sendPage(req: IncomingMessage, res: ServerResponse, { gzipped, etag, policy }: Page): Promise<void> {
  // GraphQL answers have the same URL: without `vary` a browser's cache could hand the page to a script.
  const vary = joinVary('accept, accept-encoding', res.getHeader('vary'));
  const headers = { etag, vary, 'cache-control': 'no-cache' };
  if (req.headers['if-none-match']?.includes(etag)) {
    res.writeHead(304, headers).end();
    return;
  }
  const takesGzip = /\bgzip\b(?!\s*;\s*q=0(?:\.0*)?\s*(?:,|$))/.test(req.headers['accept-encoding'] ?? '');
  sendAnswer(req, res, {
    status: 200,
    headers: {
      ...headers,
      ...(takesGzip ? { 'content-encoding': 'gzip' } : {}),
      'content-type': 'text/html; charset=utf-8',
      'content-security-policy': policy,
      'referrer-policy': 'no-referrer',
      'x-content-type-options': 'nosniff',
    },
    text: takesGzip ? gzipped : await promisify(gunzip)(gzipped),
  });
}
