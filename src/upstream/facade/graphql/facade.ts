import {
  isAbstractType,
  isObjectType,
  Kind,
  visit,
  type DocumentNode,
  type ExecutionResult,
  type GraphQLSchema,
} from 'graphql';
import type { UpstreamConfig } from '../../../config/types.ts';
import type { Facade, FacadeRequest, OpenStream, RequestHeaders, Send } from '../../types.ts';
import { postGraphql, type PostGraphql } from '../graphql-http.ts';
import { prepareByExecute } from '../prepare.ts';
import { subscribeOverSse } from '../sse.ts';
import { assembleAnswer } from './answer.ts';
import { nameNode, responseKeyOf, rootFieldsOf } from './documents.ts';
import { failedResult } from './errors.ts';
import type { Lookup } from './lookups.ts';
import { asksForEntities, rewriteEntities, type RewriteOptions } from './rewrite.ts';
import type { PossibleTypes } from './selections.ts';
import { renamedRoots } from './source-schema.ts';

/**
 * A plain GraphQL server as a facade. Documents come in as a federation subgraph would get them and go out without
 * `_entities`; nothing here retries, caches or knows of other upstreams.
 */

export interface GraphqlFacadeOptions {
  readonly config: Pick<UpstreamConfig, 'name' | 'errors' | 'maxResponseBytes'>;
  /** From `graphqlSourceSchema`. */
  readonly lookups: readonly Lookup[];
  /** The server's own schema, from `graphqlSourceSchema`. */
  readonly upstreamSchema: GraphQLSchema;
  readonly send: Send;
  readonly headers: RequestHeaders;
  /** Without it the facade has no subscriptions. */
  readonly openStream?: OpenStream;
  /** Closes the sockets behind `send`. Default: nothing to close. */
  readonly close?: () => Promise<void>;
}

export function createGraphqlFacade(options: GraphqlFacadeOptions): Facade {
  const { config, lookups, upstreamSchema, send, headers, openStream, close } = options;
  const roots = renamedRoots(upstreamSchema);
  const possibleTypes = possibleTypesOf(upstreamSchema);
  const post = withOwnRoots(postGraphql({ config, send, headers }), roots);
  const subscribe = openStream && subscribeOverSse({ config, openStream, headers });
  const rewriting = { upstream: config.name, lookups, possibleTypes };
  const run = (request: FacadeRequest): Promise<ExecutionResult> => execute(request, { post, rewriting });
  return {
    name: config.name,
    kind: 'graphql',
    execute: run,
    prepare: prepareByExecute(run),
    ...(subscribe && {
      subscribe: (request) => subscribe({ ...request, document: renameConditions(request.document, roots) }),
    }),
    close: close ?? (async () => {}),
  };
}

interface Execution {
  readonly post: PostGraphql;
  readonly rewriting: RewriteOptions;
}

async function execute(request: FacadeRequest, { post, rewriting }: Execution): Promise<ExecutionResult> {
  try {
    if (!asksForEntities(request.document)) return await post(request);
    const rewritten = rewriteEntities(request, rewriting);
    const results = await Promise.all(rewritten.calls.map((call) => post({ ...call, scope: request.scope })));
    return assembleAnswer(rewritten, results);
  } catch (cause) {
    return failedResult(cause, rewriting.upstream);
  }
}

function possibleTypesOf(schema: GraphQLSchema): PossibleTypes {
  return (name, objectType) => {
    if (name === objectType) return true;
    const type = schema.getType(name);
    const object = schema.getType(objectType);
    return isAbstractType(type) && isObjectType(object) && schema.isSubType(type, object);
  };
}

/** A server may call its root types something else than the supergraph does. */
function withOwnRoots(post: PostGraphql, roots: ReadonlyMap<string, string>): PostGraphql {
  if (roots.size === 0) return post;
  return async (request) => {
    const result = await post({ ...request, document: renameConditions(request.document, roots) });
    for (const field of result.data ? rootFieldsOf(request.document) : []) {
      const key = responseKeyOf(field);
      const own = result.data?.[key];
      const known = field.name.value === '__typename' && typeof own === 'string' ? roots.get(own) : undefined;
      if (result.data && known !== undefined) result.data[key] = known;
    }
    return result;
  };
}

function renameConditions(document: DocumentNode, roots: ReadonlyMap<string, string>): DocumentNode {
  if (roots.size === 0) return document;
  const own = new Map([...roots].map(([name, canonical]) => [canonical, name]));
  const rename = <N extends { readonly typeCondition?: { readonly name: { readonly value: string } } | undefined }>(
    node: N,
  ) => {
    const name = own.get(node.typeCondition?.name.value ?? '');
    return name === undefined ? undefined : { ...node, typeCondition: { kind: Kind.NAMED_TYPE, name: nameNode(name) } };
  };
  return visit(document, { InlineFragment: rename, FragmentDefinition: rename });
}
