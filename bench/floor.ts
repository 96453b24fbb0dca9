import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { Pool } from 'undici';
import type { FloorTask, GraphqlRequest, UpstreamCall } from './types.ts';

/**
 * What no gateway can be below: bare `node:http` that makes the same upstream calls in the same waves and writes the same
 * answer. No GraphQL. `FLOOR_MODE=parsing` parses the client's body and every upstream body and writes the answer as
 * JSON; `bytes` hands bytes through.
 */

interface Job {
  readonly waves: readonly (readonly UpstreamCall[])[];
  readonly answer: unknown;
  readonly bytes: Buffer;
}

const { PORT, FLOOR_MODE, FLOOR_TASKS = '' } = process.env;
const parses = FLOOR_MODE === 'parsing';

const jobs = new Map<string, Job>();
for (const { body, waves, answer } of JSON.parse(readFileSync(FLOOR_TASKS, 'utf8')) as readonly FloorTask[]) {
  const key = parses ? (JSON.parse(body) as GraphqlRequest).query : body;
  jobs.set(key, { waves, answer, bytes: Buffer.from(JSON.stringify(answer)) });
}
const ready = { data: { __typename: 'Query' } };
const unknown: Job = { waves: [], answer: ready, bytes: Buffer.from(JSON.stringify(ready)) };

const pools = new Map<string, Pool>();
const poolOf = (origin: string): Pool => {
  const pool = pools.get(origin) ?? new Pool(origin, { connections: 64, pipelining: 1 });
  pools.set(origin, pool);
  return pool;
};

const headers = { 'content-type': 'application/json', accept: 'application/json' };

function call({ origin, method, path, body }: UpstreamCall): Promise<unknown> {
  const { promise, resolve, reject } = Promise.withResolvers<unknown>();
  const chunks: Buffer[] = [];
  poolOf(origin).dispatch(
    { path, method, headers, body: body === '' ? null : body },
    {
      onRequestStart: () => {},
      onResponseStart: () => {},
      onResponseData: (_controller, chunk) => chunks.push(chunk),
      onResponseEnd: () => resolve(parses ? JSON.parse(joined(chunks).toString()) : chunks.length),
      onResponseError: (_controller, error) => reject(error),
    },
  );
  return promise;
}

function joined(chunks: readonly Buffer[]): Buffer {
  const [first] = chunks;
  return chunks.length === 1 && first ? first : Buffer.concat(chunks);
}

async function answerTo(body: string): Promise<string | Buffer> {
  const job = jobs.get(parses ? (JSON.parse(body) as GraphqlRequest).query : body) ?? unknown;
  for (const wave of job.waves) await Promise.all(wave.map(call));
  return parses ? JSON.stringify(job.answer) : job.bytes;
}

const server = createServer({ keepAliveTimeout: 60_000 }, (req, res) => {
  const chunks: Buffer[] = [];
  req.on('data', (chunk: Buffer) => chunks.push(chunk));
  req.on('end', () => {
    answerTo(joined(chunks).toString()).then(
      (answer) => {
        res.writeHead(200, { 'content-type': 'application/json', 'content-length': Buffer.byteLength(answer) });
        res.end(answer);
      },
      (error: unknown) => {
        console.error(error);
        res.destroy();
      },
    );
  });
});
server.listen(Number(PORT), '127.0.0.1');
process.on('SIGTERM', () => process.exit(0));
