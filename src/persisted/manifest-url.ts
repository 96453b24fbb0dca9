import { Agent, request, type Dispatcher } from 'undici';
import type { ManifestSource } from '../config/limit-types.ts';
import { decodeContent } from '../lib/content-coding.ts';
import type { Found } from '../lib/watch.ts';
import { sha256 } from './normal-form.ts';

export type UrlSource = Extract<ManifestSource, { readonly from: 'url' }>;

export interface ManifestUrl {
  /** The text; undefined where it has this version still. Rejects where it cannot be had, with a message of no secret. */
  readonly load: (version: string | undefined) => Promise<Found<string> | undefined>;
  /** Ends what runs. */
  readonly close: () => Promise<void>;
}

/**
 * A manifest behind a URL. It is asked for with the ETag of the one at hand, so that one that has not changed costs next to
 * nothing. Redirects are not followed: they would let one server choose which other is believed.
 *
 * @see {@link https://www.rfc-editor.org/rfc/rfc9110#section-13.1.2 | RFC 9110, 13.1.2 If-None-Match}
 */
export function openManifestUrl({ url, headers, timeoutMs, maxBytes }: UrlSource): ManifestUrl {
  const leave = new AbortController();
  const agent = new Agent({
    ...{ connections: 1, maxResponseSize: maxBytes, connect: { timeout: timeoutMs } },
    // The signal limits everything.
    ...{ headersTimeout: 0, bodyTimeout: 0 },
  });
  let etag: string | undefined;
  const load = async (version: string | undefined): Promise<Found<string> | undefined> => {
    const known = version === undefined ? undefined : etag;
    const timeout = AbortSignal.timeout(timeoutMs);
    try {
      const answer = await request(url, {
        dispatcher: agent,
        signal: AbortSignal.any([leave.signal, timeout]),
        headers: {
          accept: 'application/json',
          ...headers,
          'accept-encoding': 'gzip, br, zstd',
          ...(known === undefined ? {} : { 'if-none-match': known }),
        },
      });
      if (answer.statusCode === 304 && known !== undefined) {
        await answer.body.dump();
        return undefined;
      }
      const text = await readText(answer, maxBytes);
      etag = headerOf(answer, 'etag');
      const found = { version: sha256(text), value: text };
      return found.version === version ? undefined : found;
    } catch (cause) {
      throw new Error(timeout.aborted ? `no answer within ${timeoutMs} ms` : reasonOf(cause, maxBytes), { cause });
    }
  };
  return {
    load,
    close: async () => {
      leave.abort();
      await agent.destroy();
    },
  };
}

async function readText(answer: Dispatcher.ResponseData, maxBytes: number): Promise<string> {
  const { statusCode, body } = answer;
  if (statusCode !== 200) {
    await body.dump({ limit: maxBytes }).catch(() => {});
    throw new Error(`expected status 200, but got: ${statusCode}`);
  }
  const coding = headerOf(answer, 'content-encoding');
  const whole = Buffer.from(await body.arrayBuffer());
  return (coding === undefined ? whole : await decodeContent(whole, coding, maxBytes)).toString('utf8');
}

function headerOf({ headers }: Dispatcher.ResponseData, name: string): string | undefined {
  const value = headers[name];
  return Array.isArray(value) ? value.join(', ') : value;
}

const tooLarge: readonly unknown[] = ['UND_ERR_RES_EXCEEDED_MAX_SIZE', 'ERR_BUFFER_TOO_LARGE'];

function reasonOf(cause: unknown, maxBytes: number): string {
  const { message, code, name } = cause as NodeJS.ErrnoException;
  if (tooLarge.includes(code)) return `expected ${maxBytes} bytes at most, but got more`;
  return message === '' ? (code ?? name) : message;
}
