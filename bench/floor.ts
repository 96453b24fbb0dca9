import { createServer } from 'node:http';
import { text } from 'node:stream/consumers';
import { Agent, request } from 'undici';
import type { RecordedCall } from './types.ts';

/**
 * The floor that the gateway is compared with: bare `node:http` that makes the same upstream calls, parses every body and
 * writes the same answer. No GraphQL. It gets its calls and its answer from the runner.
 */
interface Task {
  readonly calls: readonly RecordedCall[];
  readonly answer: string;
}

let task: Task = { calls: [], answer: '{}' };
const dispatcher = new Agent({ connections: 64 });

async function call({ url, method, body }: RecordedCall): Promise<unknown> {
  const headers = body === undefined ? {} : { 'content-type': 'application/json' };
  const response = await request(url, { dispatcher, method, headers, ...(body === undefined ? {} : { body }) });
  return JSON.parse(await response.body.text());
}

const server = createServer((req, res) => {
  void text(req).then(async (body) => {
    JSON.parse(body);
    await Promise.all(task.calls.map(call));
    const answer = JSON.stringify(JSON.parse(task.answer));
    res.writeHead(200, { 'content-type': 'application/json', 'content-length': Buffer.byteLength(answer) });
    res.end(answer);
  });
});

process.on('message', (message: Task) => {
  task = message;
  process.send?.({ ready: true });
});
process.on('disconnect', () => process.exit(0));
server.listen(0, '127.0.0.1', () => {
  const address = server.address();
  process.send?.({ url: `http://127.0.0.1:${typeof address === 'object' ? address?.port : 0}/` });
});
