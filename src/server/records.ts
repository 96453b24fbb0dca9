import type { IncomingMessage, ServerResponse } from 'node:http';
import { hearsRequests, publishRequestBegin, publishRequestEnd } from '../telemetry/channels.ts';
import { carryRecord, recordOf, RequestRecord, type ClientWords } from '../telemetry/record.ts';

export interface RecordOptions {
  /** Request headers, lower case, that say what program asks and in which version; the first that is there counts. */
  readonly clientName: readonly string[];
  readonly clientVersion: readonly string[];
  /** Whether each request has a record, though nobody listens: what it says may be shown to its caller. */
  readonly always: boolean;
}

/** Makes the record of each request, where anybody wants one, and tells of it when the answer has gone out. */
export interface Records {
  readonly begin: (req: IncomingMessage, res: ServerResponse) => void;
  /** To be called when the answer is closed. */
  readonly end: (res: ServerResponse) => void;
}

export const noRecords: RecordOptions = { clientName: [], clientVersion: [], always: false };

/** What a client says of itself is cut here: names have no need of more, and lines and labels must be bounded. */
const maxNameLength = 64;

export function createRecords({ clientName, clientVersion, always }: RecordOptions): Records {
  const readClient = (headers: RequestRecord['headers']): ClientWords => ({
    name: firstOf(headers, clientName),
    version: firstOf(headers, clientVersion),
  });
  return {
    begin: (req, res) => {
      if (!always && !hearsRequests()) return;
      const { method = '', headers } = req;
      const record = new RequestRecord(method, headers, readClient);
      carryRecord(res, record);
      publishRequestBegin(record);
    },
    end: (res) => {
      const record = recordOf(res);
      if (!record) return;
      record.endedAt = performance.now();
      record.status = res.headersSent ? res.statusCode : 0;
      record.isAborted = !res.writableFinished;
      // What passed no entrance, such as a request for what is not served, has its id in its answer alone.
      if (record.requestId === '') record.requestId = String(res.getHeader('x-request-id') ?? '');
      // What is passed through goes out as it came in.
      if (record.served === 'rest' && record.responseBytes === 0) record.responseBytes = passedBytes(record);
      if (record.requestBytes === 0) record.requestBytes = Number(record.headers['content-length'] ?? 0) || 0;
      if (hearsRequests()) publishRequestEnd(record);
    },
  };
}

function passedBytes({ method, calls }: RequestRecord): number {
  if (method === 'HEAD') return 0;
  let bytes = 0;
  for (const { kind, responseBytes } of calls) if (kind === 'passthrough') bytes += responseBytes;
  return bytes;
}

function firstOf(headers: RequestRecord['headers'], names: readonly string[]): string | undefined {
  for (const name of names) {
    const value = headers[name];
    if (typeof value === 'string' && value !== '') return value.slice(0, maxNameLength);
  }
  return undefined;
}
