import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { promisify } from 'node:util';
import { gunzip, gzip } from 'node:zlib';
import type { GatewayConfig } from '../config/types.ts';
import { joinVary } from '../lib/vary.ts';
import { sendAnswer } from './answer.ts';

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
  config: Pick<GatewayConfig['graphql'], 'firstOperation'>,
): (req: IncomingMessage, res: ServerResponse) => Promise<void> {
  let made: Promise<Page> | undefined;
  return async (req, res) => {
    made ??= makePage(config.firstOperation);
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

async function makePage(firstOperation: string | undefined): Promise<Page> {
  const { renderGraphiQL } = await import('@graphql-yoga/render-graphiql');
  const operation = firstOperation === undefined ? '{\n  __typename\n}\n' : await readFile(firstOperation, 'utf8');
  const literal = JSON.stringify(operation).replaceAll('<', String.raw`\u003c`);
  const rendered = renderGraphiQL({ title: 'Weft', defaultQuery: placeholder });
  const html = rendered.replace(JSON.stringify(placeholder), () => literal).trimStart();
  const gzipped = await promisify(gzip)(html);
  return { gzipped, etag: `"${digest(html, 'base64url')}"`, policy: policyOf(html) };
}

/** Fail closed: the page's own script by its hash, its workers, its own server, and nothing else. */
function policyOf(html: string): string {
  const start = html.indexOf('<script>', html.indexOf('<div id="root">')) + '<script>'.length;
  const script = html.slice(start, html.indexOf('</script>', start));
  return [
    "default-src 'none'",
    `script-src 'sha256-${digest(script, 'base64')}'`,
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
