import { isEnumType } from 'graphql';
import type { DocumentNode, GraphQLSchema } from 'graphql';
import type { UpstreamConfig } from '../../../config/types.ts';
import { readPath } from '../../../lib/read-path.ts';
import type { Facade, RequestHeaders, RequestScope, Send } from '../../types.ts';
import { buildExecutable } from '../executable.ts';
import { prepareByExecute } from '../prepare.ts';
import { resolveEntity } from './entities.ts';
import type { DeclaredRequest, RestFacade } from './field-context.ts';
import { resolverOf } from './fillings.ts';
import type { Filling } from './fillings.ts';
import { propertyOf } from './inputs.ts';
import type { Declarations } from './inputs.ts';
import { bodyOf } from './outcome.ts';
import { readDeclarations } from './read-declarations.ts';
import type { ResolverExports } from './read-declarations.ts';
import { RestRequests } from './requests.ts';
import { Source } from './source.ts';

/**
 * A REST API as a federation subgraph. SDL and declarations come in; every field gets what fills it once, at start. Per
 * client request there is one `RestRequests`, which alone makes calls; nothing is kept beyond it.
 */

export interface RestFacadeOptions {
  readonly config: Pick<UpstreamConfig, 'name' | 'errors' | 'concurrency'>;
  /** This upstream's source schema, links and stubs included. */
  readonly sdl: DocumentNode;
  /** Exports of its resolvers file. */
  readonly declarations: ResolverExports;
  readonly send: Send;
  readonly headers: RequestHeaders;
  /** Other upstreams by name, for resolver functions; read when a function asks. Default: none. */
  readonly upstreams?: Readonly<Record<string, Facade>>;
  /** Closes the sockets behind `send`. Default: nothing to close. */
  readonly close?: () => Promise<void>;
}

/**
 * Makes the facade of a REST upstream.
 *
 * @throws {TypeError} when an export is no declaration.
 */
export function createRestFacade(options: RestFacadeOptions): RestFacade {
  const { config, sdl, send, headers, upstreams = {}, close = async () => {} } = options;
  const { name } = config;
  const declarations = readDeclarations(options.declarations);
  const settings = { config, send, headers };
  const requests = (scope: RequestScope) => scope.once(settings, () => new RestRequests(settings, scope));
  const find = (upstream: string): Facade | undefined => (upstream === name ? facade : upstreams[upstream]);
  const filling: Filling = { upstream: name, declarations, requests, find };
  const executable = buildExecutable({
    name,
    sdl,
    resolverOf: (type, field) => resolverOf(filling, type, field),
    entity: ({ representation: { __typename, ...known }, ...asked }) => resolveEntity({ ...filling, ...asked, known }),
    typenameOf,
    unknownError: 'UPSTREAM_BAD_RESPONSE',
  });
  mapEnums(executable.schema, declarations);
  const call = async ({ call: declaredCall, values, scope }: DeclaredRequest): Promise<unknown> => {
    const outcome = await requests(scope).run(declaredCall, (path) => readPath(values, path));
    return outcome.kind === 'body' ? (bodyOf(outcome, declaredCall) ?? null) : null;
  };
  const { run } = executable;
  const facade: RestFacade = { name, kind: 'rest', execute: run, prepare: prepareByExecute(run), call, close };
  return facade;
}

function typenameOf(value: unknown): string | undefined {
  if (!(value instanceof Source)) return undefined;
  const typename = value.typename ?? readPath(value.body, ['__typename']);
  return typeof typename === 'string' ? typename : undefined;
}

/** Enum values inside the schema are the upstream's own, so that they are translated both ways. */
function mapEnums(schema: GraphQLSchema, declarations: Declarations): void {
  for (const type of Object.values(schema.getTypeMap())) {
    if (!isEnumType(type) || !declarations.has(type.name)) continue;
    for (const value of type.getValues()) value.value = propertyOf(declarations, type.name, value.name).join('.');
  }
}
