import type { Plugin } from 'graphql-yoga';
import { explainMissingSchema } from './explain-missing-schema.ts';
import { refuseMutationsByGet } from './refuse-mutations-by-get.ts';

export interface PolicyOptions {
  /** Upstreams whose schema is missing in this generation. Default: none. */
  readonly unavailable?: readonly string[];
}

/**
 * What guards the GraphQL endpoint before an operation runs, one file each. Order matters: the reason stands beside
 * each line. Errors need no policy: the server formats every error of every answer, whoever raised it.
 */
export function createPolicies({ unavailable = [] }: PolicyOptions = {}): readonly Plugin[] {
  return [
    refuseMutationsByGet(), // as soon as the operation is known: no caller may do this, whoever it is
    explainMissingSchema(unavailable), // after validation, which does not know why a field is not there
  ];
}
