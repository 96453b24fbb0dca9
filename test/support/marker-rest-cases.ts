import type { MarkedClient } from './marked-client.ts';
import type { MarkerCase } from './marker-graphql-cases.ts';

export const restCases: Readonly<Record<string, MarkerCase>> = {
  'a path, a query and a body': [
    200,
    (c) =>
      c.send({
        method: 'POST',
        path: `/api/any/${c.mark('path segment')}/x%20${c.mark('path segment, encoded')}?name=${c.mark('query')}&token=${c.mark('redacted query')}`,
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ a: c.mark('body of a route') }),
      }),
  ],
  'an answer that is kept, twice': [
    [200, 304],
    async (c) => {
      const path = `/kept/${c.mark('path that is kept')}?a=${c.mark('kept query')}`;
      await c.send({ path });
      return c.send({ path });
    },
  ],
  ...Object.fromEntries(
    (
      [
        ['lost', 404],
        ['wrong', 422],
        ['busy', 429],
        ['failing', 500],
      ] as const
    ).map(([kind, status]): [string, MarkerCase] => [
      `an upstream that is ${kind}`,
      [status, (c) => c.send({ path: `/api/${kind}/${c.mark(`path of ${kind}`)}?q=${c.mark(`query of ${kind}`)}` })],
    ]),
  ),
  'an upstream that does not answer in time': [
    504,
    (c) => c.send({ path: `/slow/${c.mark('path of slow')}?q=${c.mark('query of slow')}` }),
  ],
  'an upstream that cuts its answer off': [
    200,
    async (c) => c.send({ path: `/api/cut/${c.mark('path that is cut off')}` }),
  ],
  'an upstream that is not there': [
    502,
    (c) => c.send({ path: `/gone/${c.mark('path that is gone')}?q=${c.mark('query that is gone')}` }),
  ],
  'a path that leaves its route': [400, (c) => c.send({ path: `/api/../${c.mark('path that leaves')}` })],
  'a path that nobody serves': [
    404,
    (c) => c.send({ path: `/${c.mark('path that nobody serves')}?q=${c.mark('its query')}` }),
  ],
  'credentials that are refused': [
    401,
    (c) =>
      c.send({
        path: `/known/${c.mark('path of a stranger')}`,
        headers: { authorization: `Bearer a.b.${c.mark('token of a stranger')}` },
      }),
  ],
  'a request that another site sent': [
    403,
    (c) =>
      c.send({
        method: 'POST',
        path: '/graphql',
        headers: { origin: `https://${c.mark('origin')}.example` },
        body: '{}',
      }),
  ],
};

/** What is no HTTP, or ends before it is whole. */
export const noHttp = (c: MarkedClient): readonly string[] => [
  `${c.mark('no HTTP')}\r\n\r\n`,
  `GET /${c.mark('path of bad HTTP')} HTTP/9.9\r\n\r\n`,
  `GET /graphql HTTP/1.1\r\nhost: a\r\n${c.mark('field without a colon')}\r\n\r\n`,
  `POST /graphql HTTP/1.1\r\nhost: a\r\ncontent-length: x${c.mark('length')}\r\n\r\n`,
  `POST /graphql HTTP/1.1\r\nhost: a\r\ncontent-type: application/json\r\ncontent-length: 1000\r\n\r\n{"query":"${c.mark('body that ends early')}`,
  `GET /slow/${c.mark('path of one who leaves')} HTTP/1.1\r\nhost: a\r\n\r\n`,
];
