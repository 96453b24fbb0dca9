import { parse } from 'graphql';
import { compose } from '../src/composition/compose.ts';

/**
 * Supergraphs of any size over six upstreams. Each entity is at home in one upstream, has further fields in the next two
 * (some of which require a field of its home), and links to the next entity; each has a value type beside it.
 */

export const upstreamCount = 6;

const names = Array.from({ length: upstreamCount }, (_, index) => `upstream${index}`);
const head = `extend schema @link(url: "https://specs.apollo.dev/federation/v2.3", import: ["@key", "@external", "@requires"])\n`;

/** Supergraph SDL with `entityCount` entities and as many value types. */
export function largeSupergraph(entityCount: number): string {
  const sources = names.map((name, upstream) => {
    const entities = Array.from({ length: entityCount }, (_, index) => entityIn(upstream, index, entityCount));
    const sdl = parse(head + entities.join('\n'));
    return { name, file: name, url: `http://127.0.0.1:9/${name}`, sdl };
  });
  return compose(sources);
}

/** What an upstream says of entity `index`, by how far its home is before that upstream. */
function entityIn(upstream: number, index: number, entityCount: number): string {
  const type = `E${index}`;
  const open = `type ${type} @key(fields: "id") { id: ID!`;
  const distance = (upstream - index + upstreamCount * entityCount) % upstreamCount;
  if (distance === 0) {
    const next = index + 1 < entityCount ? `next: E${index + 1}` : '';
    return `${open} a: String b: String c: Int d: Int e: Boolean detail: V${index} ${next} }
      type V${index} { text: String size: Int }
      extend type Query { e${index}(id: ID!): ${type} }`;
  }
  if (distance === 1) return `${open} f: String g: Int h: [String!] }`;
  if (distance === 2) return `${open} c: Int @external i: Int @requires(fields: "c") j: String }`;
  // The upstream that links here has the key only.
  return distance === upstreamCount - 1 && index > 0 ? `${open} }` : '';
}

/** Four entities deep: 60 fields, which lie in all six upstreams. */
export function largeOperation(): string {
  const own = 'id a b c d e detail { text size } f g h i j';
  const nested = Array.from({ length: 3 }).reduce<string>((inner) => `${own} next { ${inner} }`, own);
  return `{ e0(id: "1") { ${nested} } }`;
}
