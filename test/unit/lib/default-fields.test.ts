import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, test } from 'node:test';
import { addDefaultFields, AnswerWithDefaults } from '../../../src/lib/default-fields.ts';

const kinds: Readonly<Record<string, typeof AnswerWithDefaults>> = {
  'an answer that keeps defaults': AnswerWithDefaults,
  'an answer of Node.js': ServerResponse as typeof AnswerWithDefaults,
};

/** The header fields of an answer that `write` writes after the defaults `x-a: default` and `x-b: default`. */
async function fieldsOf(kind: typeof AnswerWithDefaults, write: (res: ServerResponse) => void): Promise<Headers> {
  const server = createServer({ ServerResponse: kind }, (_req, res) => {
    addDefaultFields(res, { 'x-a': 'default' });
    addDefaultFields(res, { 'x-b': 'default' });
    write(res);
  });
  try {
    await once(server.listen(0, '127.0.0.1'), 'listening');
    const response = await fetch(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
    await response.arrayBuffer();
    return response.headers;
  } finally {
    server.close();
    server.closeAllConnections();
  }
}

const ways: Readonly<Record<string, (res: ServerResponse) => void>> = {
  'by writeHead': (res) => res.writeHead(200, { 'x-a': 'own' }).end(),
  'by writeHead with a reason': (res) => res.writeHead(200, 'Fine', { 'x-a': 'own' }).end(),
  'by writeHead beside another field that is set': (res) =>
    res.setHeader('x-c', 'set').writeHead(200, { 'x-a': 'own' }).end(),
  'by setHeader': (res) => res.setHeader('x-a', 'own').end(),
};

for (const [kind, Answer] of Object.entries(kinds)) {
  describe(`${kind} with default fields`, () => {
    for (const [way, write] of Object.entries(ways)) {
      test(`has the field that is written ${way} once, and the default of the other`, async () => {
        const headers = await fieldsOf(Answer, write);
        assert.deepEqual([headers.get('x-a'), headers.get('x-b')], ['own', 'default']);
      });
    }

    test('has them where nothing is written but the end', async () => {
      const headers = await fieldsOf(Answer, (res) => res.end());
      assert.deepEqual([headers.get('x-a'), headers.get('x-b')], ['default', 'default']);
    });
  });
}
