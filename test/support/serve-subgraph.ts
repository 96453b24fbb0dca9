import { parse } from 'graphql';
import type { Plugin } from 'graphql-yoga';
import { remoteFacade } from '../../src/assembly/create-facades.ts';
import { openUpstreams } from '../../src/assembly/open-upstreams.ts';
import { createCompiledEngine } from '../../src/compiled/engine.ts';
import { compose } from '../../src/composition/compose.ts';
import { graphqlPolicies } from '../../src/policies/index.ts';
import { stitch } from '../../src/stitched/schema.ts';
import { startGraphql } from '../../upstreams/demo/graphql-server.ts';
import type { RecordedRequest } from '../../upstreams/demo/server.ts';
import { createSubgraphSchema } from '../../upstreams/demo/subgraph.ts';
import { serveSchema, type ServedSchema, type ServeSchemaOptions } from './serve-schema.ts';
import { upstreamConfig } from './upstream-config.ts';

export interface ServedSubgraph extends ServedSchema {
  /** What the subgraph was asked. */
  readonly upstreamRequests: RecordedRequest[];
  /** Texts of the operations that came to Yoga. One that has run before does not. */
  readonly newTexts: string[];
}

const link = 'extend schema @link(url: "https://specs.apollo.dev/federation/v2.9", import: ["@key"])';

const sdl = /* GraphQL */ `
  type Item @key(fields: "id") { id: ID! }
  type Query { name(id: ID!): String }
  type Mutation { rename: String }
`;

/** The compiled engine and the server room in front of one federation subgraph: real sockets on both sides. */
export async function serveSubgraph(options: ServeSchemaOptions = {}): Promise<ServedSubgraph> {
  const subgraph = createSubgraphSchema({
    sdl: `${link}\n${sdl}`,
    resolvers: {
      Query: { name: (_: unknown, { id }: { readonly id: string }) => `name ${id}` },
      Mutation: { rename: () => 'renamed' },
    },
    entities: { Item: (representation) => representation },
  });
  const upstream = await startGraphql('shop', subgraph);
  const source = { name: 'shop', file: 'shop.graphql', url: upstream.url, sdl: parse(`${link}\n${sdl}`) };
  const supergraph = parse(compose([source]));
  const opened = await openUpstreams([upstreamConfig({ name: 'shop', kind: 'federation', targets: [upstream.url] })]);
  const facades = new Map([...opened.byName].map(([name, each]) => [name, remoteFacade(each)]));
  const schema = stitch(supergraph, facades);
  const { execute, runPrepared, subscribe } = createCompiledEngine({ supergraph, facades, schema });
  const newTexts: string[] = [];
  const recording: Plugin = { onParse: ({ params: { source: text } }) => void newTexts.push(String(text)) };
  const served = await serveSchema(schema, {
    ...options,
    handler: { execute, runPrepared, subscribe, plugins: [...graphqlPolicies(), recording], ...options.handler },
  });
  const close = async (): Promise<void> => {
    await served.close();
    await opened.close();
    await upstream.close();
  };
  return { ...served, close, upstreamRequests: upstream.requests, newTexts, [Symbol.asyncDispose]: close };
}
