import { GraphQLError, type ExecutionResult } from 'graphql';
import type { UpstreamConfig } from '../../../config/types.ts';
import { GatewayError } from '../../../errors.ts';
import { readPath as valueOf } from '../../../lib/read-path.ts';

type Path = readonly (string | number)[];

const codePattern = /^[A-Za-z0-9_.-]{1,64}$/;

/** A failure as a facade answers it: the public message, with code, upstream and status in `extensions`. */
export function toGraphqlError(error: GatewayError, path?: Path): GraphQLError {
  return new GraphQLError(error.publicMessage, {
    ...(path && { path }),
    originalError: error,
    extensions: {
      code: error.code,
      ...(error.upstream !== undefined && { upstream: error.upstream }),
      ...(error.upstreamStatus !== undefined && { upstreamStatus: error.upstreamStatus }),
      ...error.exposed,
    },
  });
}

/** The answer to an operation that failed as a whole. Anything but a `GatewayError` becomes `INTERNAL_ERROR`. */
export function failedResult(cause: unknown, upstream: string): ExecutionResult {
  return { data: null, errors: [toGraphqlError(asGatewayError(cause, upstream))] };
}

function asGatewayError(cause: unknown, upstream: string): GatewayError {
  if (cause instanceof GatewayError) return cause;
  const message = cause instanceof Error ? cause.message : String(cause);
  return new GatewayError('INTERNAL_ERROR', `calling upstream "${upstream}" threw: ${message}`, { cause, upstream });
}

/** The error at another place of the answer. Code, message and original error stay. */
export function movedError(error: GraphQLError, path: Path): GraphQLError {
  return new GraphQLError(error.message, {
    path,
    ...(error.originalError && { originalError: error.originalError }),
    extensions: error.extensions,
  });
}

export interface ErrorReading {
  readonly config: Pick<UpstreamConfig, 'name' | 'errors'>;
  /** Response keys of the operation's root fields: a path that starts with another key is dropped. */
  readonly rootKeys: ReadonlySet<string>;
}

/**
 * The `errors` of an upstream's answer. Whatever an entry looks like, an error comes of it: the upstream's code and path go
 * to the client, its code to the log. Its text may repeat what the client sent: it goes where the configuration lets
 * clients read it, and nowhere else. Never throws.
 */
export function readUpstreamErrors(errors: unknown, reading: ErrorReading): GraphQLError[] {
  if (errors === undefined || errors === null) return [];
  return (Array.isArray(errors) ? errors : [errors]).map((entry: unknown) => readUpstreamError(entry, reading));
}

function readUpstreamError(entry: unknown, { config, rootKeys }: ErrorReading): GraphQLError {
  const exposed = config.errors;
  const shownMessage = exposed.message === undefined ? undefined : valueAt(entry, exposed.message);
  const details = exposed.details === undefined ? undefined : valueAt(entry, exposed.details);
  const code =
    readCode(exposed.code === undefined ? undefined : valueAt(entry, exposed.code)) ??
    readCode(valueAt(entry, 'extensions.code')) ??
    'UPSTREAM_ERROR';
  const error = new GatewayError('UPSTREAM_ERROR', `upstream "${config.name}" answered with an error of code ${code}`, {
    upstream: config.name,
    exposed: { code, ...(details !== undefined && { details }) },
    ...(typeof shownMessage === 'string' && { exposedMessage: shownMessage }),
  });
  return toGraphqlError(error, readPath(valueAt(entry, 'path'), rootKeys));
}

function readCode(value: unknown): string | undefined {
  return typeof value === 'string' && codePattern.test(value) ? value : undefined;
}

/** Merging answers goes by the path's first key, so one that the operation never asked for must not pass. */
function readPath(value: unknown, rootKeys: ReadonlySet<string>): Path | undefined {
  if (!Array.isArray(value)) return undefined;
  const path: (string | number)[] = [];
  for (const key of value as unknown[]) {
    if (typeof key !== 'string' && typeof key !== 'number') return undefined;
    path.push(key);
  }
  return typeof path[0] === 'string' && rootKeys.has(path[0]) ? path : undefined;
}

function valueAt(value: unknown, dottedPath: string): unknown {
  return valueOf(value, dottedPath.split('.'));
}
