import { Agent, request, type Dispatcher } from 'undici';
import { GatewayError } from '../../errors.ts';
import { decodeContent } from '../../lib/content-coding.ts';

/** What an identity server answered. */
export interface JsonAnswer {
  /** The body, parsed. */
  readonly value: unknown;
  /** Its length in bytes. */
  readonly bytes: number;
}

export interface JsonRequest {
  readonly method: 'GET' | 'POST';
  readonly url: string;
  /** By lower-case name. */
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
  /** Limits more than this one request. */
  readonly signal?: AbortSignal;
}

/** Asks identity servers for JSON. */
export interface JsonClient {
  /**
   * The answer's body. Only status 200 counts: redirects are not followed, as they would let one server choose which
   * other is believed.
   *
   * @throws {GatewayError} `IDENTITY_UNAVAILABLE` where no JSON comes, in time and within the limit of bytes.
   */
  readonly ask: (request: JsonRequest) => Promise<JsonAnswer>;
  /** Ends what runs, and all sockets. */
  readonly close: () => Promise<void>;
}

export interface JsonClientLimits {
  /** For one request as a whole. In milliseconds; above 0. */
  readonly timeoutMs: number;
  /** Largest body, as sent and once more as decoded. */
  readonly maxBytes: number;
}

/** Sockets to one server at most; further requests wait for a free one, within their time. */
const connections = 64;

export function createJsonClient({ timeoutMs, maxBytes }: JsonClientLimits): JsonClient {
  // The signal limits everything, connecting included.
  const agent = new Agent({ connections, connect: { timeout: timeoutMs }, headersTimeout: 0, bodyTimeout: 0 });
  return {
    ask: async ({ method, url, headers, body, signal = AbortSignal.timeout(timeoutMs) }) => {
      try {
        const answer = await request(url, {
          ...{ dispatcher: agent, method, signal, body: body ?? null },
          headers: { accept: 'application/json', ...headers },
        });
        return await readJson(answer, maxBytes);
      } catch (cause) {
        const reason = signal.aborted ? `no answer within ${timeoutMs} ms` : reasonOf(cause);
        throw unavailable(`${method} ${placeOf(url)}: ${reason}`, cause);
      }
    },
    close: async () => agent.destroy(),
  };
}

async function readJson(answer: Dispatcher.ResponseData, maxBytes: number): Promise<JsonAnswer> {
  const { statusCode, headers, body } = answer;
  if (statusCode !== 200) {
    void body.dump({ limit: maxBytes }).catch(() => {});
    throw new Error(`expected status 200, but got: ${statusCode}`);
  }
  const parts: Buffer[] = [];
  let bytes = 0;
  // Leaving the loop early ends the answer.
  for await (const part of body as AsyncIterable<Buffer>) {
    bytes += part.length;
    if (bytes > maxBytes) throw new Error(`expected ${maxBytes} bytes at most, but got more`);
    parts.push(part);
  }
  const coding = headers['content-encoding'];
  const whole = Buffer.concat(parts);
  const decoded = coding === undefined ? whole : await decodeContent(whole, String(coding), maxBytes);
  const parsed = parseJson(decoded);
  if (parsed === undefined) throw new Error('expected JSON, but got another text');
  return { value: parsed.value, bytes: decoded.length };
}

/** The value in an object, as `undefined` where there is none: the parser's error quotes the text, which may hold tokens. */
function parseJson(body: Buffer): { readonly value: unknown } | undefined {
  try {
    return { value: JSON.parse(body.toString('utf8')) };
  } catch {
    return undefined;
  }
}

/** An error for the log: keys or answers of an identity server cannot be had. */
export function unavailable(reason: string, cause?: unknown): GatewayError {
  return new GatewayError('IDENTITY_UNAVAILABLE', reason, cause === undefined ? {} : { cause });
}

/** Without user, password and query, which may hold secrets. */
function placeOf(url: string): string {
  const { origin, pathname } = new URL(url);
  return origin + pathname;
}

function reasonOf(cause: unknown): string {
  const { message, code, name } = cause as NodeJS.ErrnoException;
  return message === '' ? (code ?? name) : message;
}

/**
 * A URL of an identity server.
 *
 * @throws {GatewayError} `CONFIGURATION_INVALID` for one that is not `http:` or `https:`, or that holds a password.
 */
export function checkUrl(url: string, what: string): void {
  const { protocol, username, password } = URL.parse(url) ?? {};
  const isWeb = protocol === 'http:' || protocol === 'https:';
  if (isWeb && username === '' && password === '') return;
  const message = `Expected ${what} to be a URL with http: or https: and without a password, but got another text.`;
  throw new GatewayError('CONFIGURATION_INVALID', message);
}
