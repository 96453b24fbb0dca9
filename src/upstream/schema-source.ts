import { readFile } from 'node:fs/promises';
import {
  buildClientSchema,
  getIntrospectionQuery,
  isTypeSystemDefinitionNode,
  isTypeSystemExtensionNode,
  parse,
  printSchema,
  Source,
  type DocumentNode,
  type ExecutionResult,
  type IntrospectionQuery,
} from 'graphql';
import type { UpstreamConfig } from '../config/types.ts';
import { GatewayError } from '../errors.ts';
import { publishNotice } from '../telemetry/channels.ts';
import { postGraphql, type PostGraphql } from './facade/graphql-http.ts';
import { readSchemaCopy, writeSchemaCopy } from './schema-copies.ts';
import { createRequestScope } from './scope.ts';
import type { RequestHeaders, RequestScope, Send } from './types.ts';

/**
 * What a GraphQL server or a federation subgraph says its schema is: asked of the server, read from the file that the
 * configuration names, or taken from the copy that was kept of the last good answer. Nothing is composed here.
 */

export interface SchemaSource {
  readonly config: Pick<UpstreamConfig, 'name' | 'kind' | 'errors' | 'schema' | 'pollMs'>;
  readonly send: Send;
  readonly headers: RequestHeaders;
  /** Absolute folder where copies are kept. */
  readonly stateDir: string;
  /** Aborts the call. Default: never. */
  readonly signal?: AbortSignal;
  /** Milliseconds since 1970, for the date of a copy. Default: the system's clock. */
  readonly now?: () => number;
}

/**
 * `live`: the server said so just now. `file`: from the configured file. `last-good`: from the kept copy, as `error`
 * kept the server from saying it. `missing`: neither; nothing of the upstream can be served.
 */
export type SchemaState = 'live' | 'file' | 'last-good' | 'missing';

export interface LoadedSchema {
  readonly state: SchemaState;
  /** Set unless `missing`. */
  readonly sdl?: DocumentNode;
  /** What `sdl` was read from; two schemas are the same where their texts are. */
  readonly text?: string;
  /** Set where `last-good` or `missing`. */
  readonly error?: GatewayError;
  /** Date of the copy, ISO 8601; set where `last-good`. */
  readonly savedAt?: string;
}

/** The scope of a call that no client asked for. */
export function systemScope(signal: AbortSignal = new AbortController().signal): RequestScope {
  return createRequestScope({ headers: {}, signal, responseHeaderRules: {} });
}

/** Loads the schema of one upstream, and tells operators where it is not the server's own word. Never rejects. */
export async function loadUpstreamSchema(source: SchemaSource): Promise<LoadedSchema> {
  try {
    const text = await readSchemaText(source);
    return await acceptSchemaText(source, text);
  } catch (cause) {
    return loadCopy(source, asGatewayError(cause, source));
  }
}

/**
 * The text of the schema as the upstream or the file has it now.
 *
 * @throws {GatewayError} what kept it from being read.
 */
export async function readSchemaText(source: SchemaSource): Promise<string> {
  const { config, send, headers, signal } = source;
  if (config.schema !== undefined) return readSchemaFile(config.schema, config.name);
  // No client asked for it: no limit is about it.
  const post = postGraphql({
    // Nothing of a client is in the question, nor in what the upstream says of it: operators may read its own text.
    config: { ...config, errors: { message: 'message' } },
    send: ({ scope: _nobodys, ...request }) => send(request),
    headers,
    kind: 'schema',
  });
  const scope = systemScope(signal);
  return config.kind === 'federation' ? askServiceSdl({ post, scope, config }) : introspect({ post, scope, config });
}

/**
 * A schema text that the upstream or the file gave, as it is used from now on; a copy of the upstream's is kept.
 *
 * @throws {GatewayError} `UPSTREAM_BAD_RESPONSE` or `CONFIGURATION_INVALID` where the text is no SDL.
 */
export async function acceptSchemaText(source: SchemaSource, text: string): Promise<LoadedSchema> {
  const { config, stateDir, now = Date.now } = source;
  const sdl = readSdl(text, config);
  if (config.schema !== undefined) return { state: 'file', sdl, text };
  const savedAt = new Date(now()).toISOString();
  await writeSchemaCopy({ stateDir, name: config.name, kind: config.kind }, { text, savedAt }).catch(
    (cause: unknown) => {
      publishNotice({
        level: 'warn',
        upstream: config.name,
        message: `no copy of the schema of upstream "${config.name}" could be kept: ${messageOf(cause)}`,
      });
    },
  );
  return { state: 'live', sdl, text };
}

async function loadCopy({ config, stateDir }: SchemaSource, error: GatewayError): Promise<LoadedSchema> {
  const { name, kind, schema } = config;
  const why = `upstream "${name}" gives no schema (${error.code}: ${error.message})`;
  const copy = schema === undefined ? await readSchemaCopy({ stateDir, name, kind }) : undefined;
  try {
    if (copy) {
      const sdl = readSdl(copy.text, config);
      publishNotice({ level: 'warn', upstream: name, message: `${why}: the copy of ${copy.savedAt} is used` });
      return { state: 'last-good', sdl, text: copy.text, error, savedAt: copy.savedAt };
    }
  } catch {
    publishNotice({ level: 'warn', upstream: name, message: `the kept schema of upstream "${name}" is damaged` });
  }
  publishNotice({ level: 'error', upstream: name, message: `${why}, and no copy is kept: its fields are out` });
  return { state: 'missing', error };
}

function asGatewayError(cause: unknown, { config }: SchemaSource): GatewayError {
  if (cause instanceof GatewayError) return cause;
  return new GatewayError('INTERNAL_ERROR', messageOf(cause), { cause, upstream: config.name });
}

function messageOf(cause: unknown): string {
  return cause instanceof Error ? cause.message : String(cause);
}

async function readSchemaFile(file: string, upstream: string): Promise<string> {
  try {
    return await readFile(file, 'utf8');
  } catch (cause) {
    throw new GatewayError('CONFIGURATION_INVALID', `the schema file of upstream "${upstream}": ${messageOf(cause)}`, {
      cause,
      upstream,
    });
  }
}

type SdlOwner = Pick<UpstreamConfig, 'name' | 'schema'>;

function readSdl(text: string, owner: SdlOwner): DocumentNode {
  const refuse = (message: string, cause?: unknown): never => {
    const origin = owner.schema ?? `what upstream "${owner.name}" gives as its schema`;
    const code = owner.schema === undefined ? 'UPSTREAM_BAD_RESPONSE' : 'CONFIGURATION_INVALID';
    throw new GatewayError(code, `${origin}: ${message}`, { upstream: owner.name, cause });
  };
  let document: DocumentNode;
  try {
    document = parse(new Source(text, owner.schema ?? owner.name));
  } catch (cause) {
    return refuse(`expected SDL, but got: ${messageOf(cause)}`, cause);
  }
  const other = document.definitions.find(
    (node) => !isTypeSystemDefinitionNode(node) && !isTypeSystemExtensionNode(node),
  );
  return other ? refuse(`expected SDL, but got an ${other.kind}`) : document;
}

interface SchemaQuestion {
  readonly post: PostGraphql;
  readonly scope: RequestScope;
  readonly config: SchemaSource['config'];
}

const serviceQuery = parse('query WeftServiceSdl { _service { sdl } }', { noLocation: true });

/** @see {@link https://www.apollographql.com/docs/graphos/schema-design/federated-schemas/reference/subgraph-spec | Apollo Federation subgraph specification, _service} */
async function askServiceSdl({ post, scope, config }: SchemaQuestion): Promise<string> {
  const result = await post({ document: serviceQuery, variables: {}, scope });
  const service = result.data?.['_service'];
  const sdl = typeof service === 'object' && service !== null && 'sdl' in service ? service.sdl : undefined;
  if (typeof sdl === 'string' && sdl.trim() !== '') return sdl;
  throw refusalOf(result, config.name) ?? noSchema(config.name, 'an answer without _service { sdl }');
}

/** From the fullest question to the plainest: older servers refuse a query for what they do not know. */
const introspectionQueries = [
  getIntrospectionQuery({
    specifiedByUrl: true,
    directiveIsRepeatable: true,
    schemaDescription: true,
    inputValueDeprecation: true,
    oneOf: true,
  }),
  getIntrospectionQuery({
    specifiedByUrl: true,
    directiveIsRepeatable: true,
    schemaDescription: true,
    inputValueDeprecation: true,
  }),
  getIntrospectionQuery(),
].map((query) => parse(query, { noLocation: true }));

async function introspect({ post, scope, config }: SchemaQuestion): Promise<string> {
  let refusal: GatewayError | undefined;
  for (const document of introspectionQueries) {
    const result = await post({ document, variables: {}, scope });
    if (typeof result.data?.['__schema'] === 'object' && result.data['__schema'] !== null) {
      return printIntrospected(result.data as unknown as IntrospectionQuery, config.name);
    }
    refusal = refusalOf(result, config.name);
    if (!refusal || !isOfQuery(refusal)) break;
  }
  throw refusal ?? noSchema(config.name, 'an answer without __schema');
}

function printIntrospected(introspection: IntrospectionQuery, upstream: string): string {
  try {
    const schema = buildClientSchema(introspection);
    if (!schema.getQueryType()) throw new TypeError('it has no query type');
    return printSchema(schema);
  } catch (cause) {
    throw noSchema(upstream, `an introspection that makes no schema: ${messageOf(cause)}`);
  }
}

/** Why the upstream did not answer the question. */
function refusalOf({ errors }: ExecutionResult, upstream: string): GatewayError | undefined {
  const original = errors?.[0]?.originalError;
  if (!(original instanceof GatewayError)) return undefined;
  if (original.code !== 'UPSTREAM_ERROR') return original;
  return new GatewayError('UPSTREAM_ERROR', `it answers with the error: ${original.publicMessage}`, { upstream });
}

/** Whether a plainer query may do better. */
function isOfQuery(error: GatewayError): boolean {
  return error.code === 'UPSTREAM_ERROR' || error.upstreamStatus === 400;
}

function noSchema(upstream: string, came: string): GatewayError {
  return new GatewayError('UPSTREAM_BAD_RESPONSE', `expected a schema, but got ${came}`, { upstream });
}
