import { GraphQLError, type ExecutionResult } from 'graphql';
import { GatewayError } from '../errors.ts';
import type { PlacedError } from '../executor/build-carefully.ts';
import type { ProgramResult } from '../executor/program.ts';
import { publishInternalError } from '../telemetry/channels.ts';
import type { FetchAnswer, RequestScope } from '../upstream/types.ts';

/** What a program gives as a result of GraphQL. What no part of the answer shows is told to the log. */
export function resultOf({ data, errors, unshown }: ProgramResult, { requestId }: RequestScope): ExecutionResult {
  for (const error of unshown) if (error.isInternal) publishInternalError({ error, requestId });
  return errors.length > 0 ? { data, errors: errors.map(asGraphqlError) } : { data };
}

/**
 * An error of the answer. One denied field of a long list makes thousands: they are made past the constructor, whose stack
 * nobody reads and which costs more than all else of an item.
 */
export function asGraphqlError({ path, error }: PlacedError): GraphQLError {
  const made: GraphQLError = Object.create(GraphQLError.prototype);
  return Object.assign(made, {
    name: 'GraphQLError',
    message: error.publicMessage,
    path: path.length > 0 ? path : undefined,
    locations: undefined,
    extensions: noExtensions,
    originalError: error,
  });
}

const noExtensions = Object.freeze({});

/** A result of GraphQL as a program takes the answer of an upstream. */
export function asFetchAnswer({ data, errors }: ExecutionResult): FetchAnswer {
  return {
    data,
    ...(errors && {
      errors: errors.map((error) => ({ error: gatewayErrorOf(error), ...(error.path && { path: error.path }) })),
    }),
  };
}

/** Libraries wrap errors in errors; this many are looked at, so that no chain is followed for ever. */
const maxCauses = 100;

/** The `GatewayError` among an error's causes, or one that stands for it in the log. */
export function gatewayErrorOf(error: GraphQLError): GatewayError {
  const seen = new Set<unknown>([error]);
  for (const each of seen) {
    if (each instanceof GatewayError) return each;
    if (typeof each !== 'object' || each === null || seen.size >= maxCauses) continue;
    const { originalError, cause, errors } = each as Readonly<Record<string, unknown>>;
    for (const inner of [originalError, cause, ...(Array.isArray(errors) ? (errors as unknown[]) : [])])
      seen.add(inner);
  }
  return new GatewayError('INTERNAL_ERROR', error.message, { cause: error });
}
