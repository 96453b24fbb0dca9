import type { GraphQLError } from 'graphql';
import type { Guards } from '../composition/guards/guards.ts';
import { GatewayError } from '../errors.ts';
import type { RequestScope } from '../upstream/types.ts';
import { asGraphqlError } from './results.ts';

/** Who may read what of an operation. */
export interface Authorization {
  readonly guards: Guards;
  /** `mask`: what is denied is null, with an error. `reject`: nothing of the operation runs. */
  readonly mode: 'mask' | 'reject';
  /**
   * Those of the requirements that the caller does not meet. Asked once a request, and only where an operation touches
   * guards; a list that is known at once costs no promise. What it throws is the whole answer.
   */
  readonly deny: (
    requirements: readonly number[],
    scope: RequestScope,
  ) => readonly number[] | Promise<readonly number[]>;
}

/** Whether a caller may read the schema by `__schema` and `__type`. */
export type MayIntrospect = (caller: RequestScope['caller']) => boolean;

/** A refusal of all that was asked. */
export interface Refusal {
  readonly errors: readonly GraphQLError[];
}

/**
 * Nobody hears why it could not be said what a caller may do, but that nothing was.
 *
 * @param unsaid What could not be said, for the log.
 */
export function refusalOf(cause: unknown, unsaid = 'what a caller may read'): Refusal {
  const message = `it could not be said ${unsaid}: ${cause instanceof Error ? cause.message : String(cause)}`;
  const error = cause instanceof GatewayError ? cause : new GatewayError('INTERNAL_ERROR', message, { cause });
  return { errors: [asGraphqlError({ path: [], error })] };
}

export const introspectionRefusal: Refusal = {
  errors: [
    asGraphqlError({
      path: [],
      error: new GatewayError('INTROSPECTION_DENIED', 'Not authorized to read the schema.'),
    }),
  ],
};

/** An operation that could not be taken apart is not known to be free of what is denied. */
export function opaqueRefusal({ isKnown }: RequestScope['caller']): Refusal {
  const message = 'Not authorized to run an operation that is too large to be checked field by field.';
  const error = new GatewayError(isKnown ? 'UNAUTHORIZED_FIELD_OR_TYPE' : 'CREDENTIALS_MISSING', message);
  return { errors: [asGraphqlError({ path: [], error })] };
}

/** How often a field is asked for by an operation that could not be taken apart, nobody can say. */
export const uncountedRefusal: Refusal = {
  errors: [
    asGraphqlError({
      path: [],
      error: new GatewayError(
        'DOCUMENT_LIMIT_EXCEEDED',
        'Expected an operation that can be checked field by field, as it asks for fields that have limits, but got one that is too large.',
      ),
    }),
  ],
};
