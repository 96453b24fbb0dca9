import type { DocumentNode } from 'graphql';

/**
 * What fields and types demand of the caller, as the supergraph's `@authenticated`, `@requiresScopes` and `@policy` say.
 *
 * @see {@link https://specs.apollo.dev/authenticated/v0.1/ | authenticated}
 * @see {@link https://specs.apollo.dev/requiresScopes/v0.1/ | requiresScopes}
 * @see {@link https://specs.apollo.dev/policy/v0.1/ | policy}
 */

/** What one guarded place demands: all three parts must be met. */
export interface Requirement {
  /** The caller must be known. True in every requirement: who has scopes or policies to show is known. */
  readonly authenticated: true;
  /** One of the sets must be granted whole; empty: none is asked for. */
  readonly scopes: readonly (readonly string[])[];
  /** One of the sets must be granted whole; empty: none is asked for. */
  readonly policies: readonly (readonly string[])[];
}

/** The guards of a supergraph. Plain data over names; requirements are numbered. */
export interface Guards {
  /** Distinct; a requirement's number is its place in this list. */
  readonly requirements: readonly Requirement[];
  /**
   * By object type: the requirements that its objects have wherever they stand; who lacks one sees no object of the type.
   * Types without any are absent.
   */
  readonly types: ReadonlyMap<string, readonly number[]>;
  /**
   * By `Type.field`, for object types and interfaces: the requirements that reading the field has beyond those of the object
   * it is of. Fields without any are absent.
   */
  readonly fields: ReadonlyMap<string, readonly number[]>;
}

export declare function readGuards(supergraph: DocumentNode): Guards;
