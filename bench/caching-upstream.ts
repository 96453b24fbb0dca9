import { startAnswerServer, type AnswerServer } from './answer-server.ts';
import type { GraphqlRequest, UpstreamCall } from './types.ts';

/** Sizes of answers, by the field that gives them. */
export const sizes = {
  small: { title: '100 B', items: 1 },
  medium: { title: '4 KB', items: 57 },
  large: { title: '87 KB', items: 1200 },
} as const;

export type Size = keyof typeof sizes;

/** `page` changes nothing of the answer: it makes requests that are kept apart. */
export function operationOf(size: Size, page: number): GraphqlRequest {
  return {
    query: `query Page($page: Int) { ${size}(page: $page) { id sku title cents } }`,
    variables: { page },
  };
}

/** What is kept: everything, for longer than it is measured. */
export const hints = {
  'Query.small': { maxAge: '1h' },
  'Query.medium': { maxAge: '1h' },
  'Query.large': { maxAge: '1h' },
};

/** One upstream in this process, that speaks federation: lists of items without keys. */
export async function startCachingUpstream(): Promise<AnswerServer> {
  return startAnswerServer(async (call) => ({
    status: 200,
    contentType: 'application/json',
    body: Buffer.from(JSON.stringify({ data: answerTo(call) })),
  }));
}

function answerTo({ body }: UpstreamCall): object {
  if (body.includes('_service')) return { _service: { sdl } };
  const named = body.includes('__typename') ? { __typename: 'Item' } : {};
  const asked = (Object.keys(sizes) as Size[]).filter((size) => body.includes(size));
  return Object.fromEntries(
    asked.map((size) => [size, itemsOf(sizes[size].items).map((item) => ({ ...named, ...item }))]),
  );
}

const woods = ['cedar', 'larch', 'oak', 'slate', 'copper', 'clay', 'wicker'];
const things = ['planter', 'trellis', 'trowel', 'seed tray', 'cold frame'];

function itemsOf(count: number): readonly object[] {
  return Array.from({ length: count }, (_, index) => ({
    id: `${index}`,
    sku: `S-${(index * 7919) % 10_000}`,
    title: `${things[index % things.length]}, ${woods[index % woods.length]}`,
    cents: 500 + ((index * 37) % 4000),
  }));
}

const sdl = `
  extend schema @link(url: "https://specs.apollo.dev/federation/v2.9", import: ["@shareable"])
  type Query {
    small(page: Int): [Item!]!
    medium(page: Int): [Item!]!
    large(page: Int): [Item!]!
  }
  type Item @shareable { id: ID! sku: String! title: String! cents: Int! }
`;
