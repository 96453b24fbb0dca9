import { createHash } from 'node:crypto';
import type { Got, MarkedClient } from './marked-client.ts';
import { signWithSecret } from './tokens.ts';

/** What a marked client does, and the statuses that it may read. */
export type MarkerCase = readonly [status: number | readonly number[], run: (client: MarkedClient) => Promise<Got>];

export const search =
  'query Search($t: String, $m: Email, $w: String) { search(text: $t, mail: $m, word: $w) { id name secret } }';
const pay = 'mutation Pay($c: Card!, $n: String) { pay(card: $c, note: $n) { id name } }';

const personBy = (field: string): MarkerCase => [
  200,
  (c) =>
    c.ask({
      query: `query Person($id: ID!) { ${field}(id: $id) { id name age } more: ${field}(id: "${c.mark(`literal of ${field}`)}") { id email } }`,
      variables: { id: c.mark(`variable of ${field}`) },
    }),
];

export const graphqlCases: Readonly<Record<string, MarkerCase>> = {
  'variables, literals and defaults': [
    200,
    (c) =>
      c.ask({
        query: `query Search($t: String, $m: Email, $d: String = "${c.mark('default of a variable')}") {
          search(text: $t, mail: $m, word: $d) { id name secret }
          other: search(text: "${c.mark('literal')}", word: """${c.mark('block text')}""", mail: "${c.mark('sensitive literal')}") { id }
          # ${c.mark('comment')}
        }`,
        variables: { t: `ä "${c.mark('variable')}" /?&+`, m: c.mark('sensitive variable') },
        extensions: { any: c.mark('extension of a request') },
      }),
  ],
  'a mutation with sensitive fields of an input': [
    200,
    (c) =>
      c.ask({
        query: pay,
        variables: {
          c: { number: c.mark('sensitive input field'), owner: c.mark('ordinary field of a sensitive input') },
          n: c.mark('variable note'),
        },
      }),
  ],
  'an answer that is kept, twice': [
    200,
    async (c) => {
      const body = {
        query: search,
        variables: { t: c.mark('variable that is kept'), m: c.mark('sensitive kept variable') },
      };
      await c.ask(body);
      return c.ask(body);
    },
  ],
  'a document that does not parse': [[200, 400], (c) => c.ask({ query: `{ search(text: "${c.mark('no GraphQL')}" ` })],
  'a document that is not valid': [
    [200, 400],
    (c) =>
      c.ask({
        query: `query { ${c.mark('unknown field')} search(count: "${c.mark('literal of a wrong type')}") { id } ...${c.mark('unknown fragment')} }`,
      }),
  ],
  'a variable of a wrong type': [
    [200, 400],
    (c) =>
      c.ask({
        query: 'query Wrong($n: Int, $c: Card) { search(count: $n) { id } }',
        variables: { n: c.mark('variable of a wrong type'), c: { [c.mark('unknown input field')]: 1 } },
      }),
  ],
  'an operation that is not in the document': [
    [200, 400],
    (c) => c.ask({ query: 'query One { __typename }', operationName: c.mark('unknown operation') }),
  ],
  'a document that is too deep': [
    [200, 400],
    (c) =>
      c.ask({
        query: `query Deep { search(text: "${c.mark('literal of a deep document')}") ${'{ ... on Thing '.repeat(40)}{ id }${' }'.repeat(40)} }`,
      }),
  ],
  'an error of a GraphQL upstream': [
    200,
    (c) =>
      c.ask({
        query: 'query Refuse($t: String) { refuse(text: $t) }',
        variables: { t: c.mark('variable that is refused') },
      }),
  ],
  'an upstream that cannot write its own answer': [
    200,
    (c) =>
      c.ask({ query: 'query Torn($t: String) { torn(text: $t) }', variables: { t: c.mark('variable that is torn') } }),
  ],
  'a GraphQL upstream that does not answer in time': [
    200,
    (c) => c.ask({ query: 'query Slow($t: String) { slow(text: $t) }', variables: { t: c.mark('variable of slow') } }),
  ],
  'a REST upstream that does not answer in time': [
    200,
    (c) => c.ask({ query: 'query Lag($i: ID!) { lag(id: $i) }', variables: { i: c.mark('variable of lag') } }),
  ],
  'a REST upstream that is not there': [
    200,
    (c) => c.ask({ query: 'query Gone($i: ID!) { gone(id: $i) }', variables: { i: c.mark('variable of gone') } }),
  ],
  'a body of a REST upstream': personBy('person'),
  'a 404 of a REST upstream': personBy('lost'),
  'a 422 of a REST upstream': personBy('wrong'),
  'a 429 of a REST upstream': personBy('busy'),
  'a 500 of a REST upstream': personBy('failing'),
  'an answer that is no JSON': personBy('text'),
  'an answer that does not fit the schema': personBy('shapeless'),
  'an answer that is cut off': personBy('cut'),
  'a path of a REST upstream that must not be': [
    200,
    (c) =>
      c.ask({
        query: 'query Dots($i: ID!) { person(id: $i) { id } }',
        variables: { i: `../${c.mark('variable in a path')}` },
      }),
  ],
  'a query parameter of a REST call': [
    200,
    (c) =>
      c.ask({
        query: 'query Kept($i: ID!, $w: String) { kept(id: $i, word: $w) }',
        variables: { i: c.mark('variable in the path of a call'), w: c.mark('variable in the query of a call') },
      }),
  ],
  'an operation that is limited': [
    [200, 429],
    async (c) => {
      const query = 'query Few($i: ID!) { person(id: $i) { id } }';
      await c.ask({ query, variables: { i: c.mark('variable that is limited') } });
      return c.ask({ query, variables: { i: c.mark('variable refused by a limit') } });
    },
  ],
  'a field that is limited': [
    200,
    async (c) => {
      const query = 'query Limited($i: ID!) { limited(id: $i) { id } }';
      await c.ask({ query, variables: { i: c.mark('variable of a limited field') } });
      return c.ask({ query, variables: { i: c.mark('variable of a field that a limit refused') } });
    },
  ],
  'a batch': [
    200,
    (c) =>
      c.ask([
        { query: search, variables: { t: c.mark('variable batched'), w: c.mark('sensitive batched variable') } },
        { query: '{ nothing }', variables: { a: c.mark('variable of what is not valid') } },
        { query: pay, variables: { c: {}, n: c.mark('variable batched note') } },
      ]),
  ],
  'too large a batch': [400, (c) => c.ask(Array.from({ length: 6 }, () => ({ query: `{ a: ${c.mark('batch')} }` })))],
  'GET with a document and variables': [
    200,
    (c) =>
      c.send({
        path: `/graphql?query=${encodeURIComponent(search)}&variables=${encodeURIComponent(JSON.stringify({ t: c.mark('variable in a URL') }))}&token=${c.mark('redacted query parameter')}`,
      }),
  ],
  'GET with a hash that is not known': [
    [200, 404],
    (c) => {
      const sha256Hash = createHash('sha256').update(c.mark('document by hash')).digest('hex');
      const extensions = encodeURIComponent(JSON.stringify({ persistedQuery: { version: 1, sha256Hash } }));
      return c.send({
        path: `/graphql?extensions=${extensions}&variables=${encodeURIComponent(JSON.stringify({ t: c.mark('variable of an unknown hash') }))}`,
      });
    },
  ],
  'GET with a hash that is known': [
    200,
    async (c) => {
      const query = `query Hashed($w: String) { search(text: "${c.mark('literal of a kept document')}", word: $w) { id } }`;
      const sha256Hash = createHash('sha256').update(query).digest('hex');
      const extensions = { persistedQuery: { version: 1, sha256Hash } };
      await c.ask({ query, extensions });
      const variables = JSON.stringify({ w: c.mark('sensitive variable in a URL') });
      return c.send({
        path: `/graphql?extensions=${encodeURIComponent(JSON.stringify(extensions))}&variables=${encodeURIComponent(variables)}`,
      });
    },
  ],
  'GET with an id that is no hash': [
    [200, 400, 404],
    (c) => c.send({ path: `/graphql?documentId=${c.mark('document id')}` }),
  ],
  'GET with a document id in the path': [
    [200, 400, 404],
    (c) => c.send({ path: `/graphql/${c.mark('document id in a path')}` }),
  ],
  'a body that is no JSON': [
    400,
    (c) =>
      c.send({
        method: 'POST',
        path: '/graphql',
        headers: { 'content-type': 'application/json' },
        body: `{"query": ${c.mark('no JSON')}`,
      }),
  ],
  'a body of another media type': [
    415,
    (c) =>
      c.send({
        method: 'POST',
        path: '/graphql',
        headers: { 'content-type': `application/${c.mark('media type')}` },
        body: c.mark('body of another type'),
      }),
  ],
  'a subscription that fails': [
    200,
    (c) =>
      c.ask(
        {
          query: 'subscription Watch($t: String, $w: String) { watch(text: $t, word: $w) { id name } }',
          variables: { t: c.mark('variable of a subscription'), w: c.mark('sensitive variable of a subscription') },
        },
        { accept: 'text/event-stream' },
      ),
  ],
  'a token of another signature': [
    401,
    async (c) => {
      const claims = { sub: c.mark('subject of a refused token'), email: c.mark('claim of a refused token') };
      const token = await signWithSecret(claims, 'another-secret-that-nobody-has-ever-known');
      return c.ask({ query: search }, { authorization: `Bearer ${token}` });
    },
  ],
  'a token that cannot be read': [
    [400, 401],
    (c) => c.ask({ query: search }, { authorization: `Bearer ${c.mark('unreadable token')}` }),
  ],
  'an API key that is not known': [
    401,
    (c) => c.ask({ query: search }, { authorization: '', 'x-api-key': `weft_abc_${c.mark('unknown API key')}` }),
  ],
  'an API key until its tier is used up': [
    429,
    async (c) => {
      for (let times = 0; times < 3; times++) await c.ask({ query: '{ __typename }' }, c.apiKeyHeaders);
      return c.ask({ query: search, variables: { t: c.mark('variable over the limit of a tier') } }, c.apiKeyHeaders);
    },
  ],
};
