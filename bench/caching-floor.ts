import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';

/**
 * What no cache can be below: bare `node:http` that reads and parses the body of a request and answers bytes that it holds.
 * `FLOOR_ANSWERS` is a file: by path, the bytes and their coding.
 */

export interface FloorAnswer {
  readonly base64: string;
  /** Of `content-encoding`; `identity`: none. */
  readonly coding: string;
}

const { PORT, FLOOR_ANSWERS = '' } = process.env;
const given = JSON.parse(readFileSync(FLOOR_ANSWERS, 'utf8')) as Readonly<Record<string, FloorAnswer>>;
const answers = new Map(
  Object.entries(given).map(([path, { base64, coding }]) => [path, { bytes: Buffer.from(base64, 'base64'), coding }]),
);
const unknown = { bytes: Buffer.from('{}'), coding: 'identity' };

const server = createServer({ keepAliveTimeout: 60_000 }, (req, res) => {
  const chunks: Buffer[] = [];
  req.on('data', (chunk: Buffer) => chunks.push(chunk));
  req.on('end', () => {
    const [first] = chunks;
    if (first !== undefined) JSON.parse((chunks.length === 1 ? first : Buffer.concat(chunks)).toString());
    const { bytes, coding } = answers.get(req.url ?? '') ?? unknown;
    res.writeHead(200, {
      'content-type': 'application/json',
      'content-length': bytes.length,
      ...(coding === 'identity' ? {} : { 'content-encoding': coding }),
    });
    res.end(bytes);
  });
});
server.listen(Number(PORT), '127.0.0.1');
process.on('SIGTERM', () => process.exit(0));
