import type { DocumentNode } from 'graphql';

/** Where in a file something stands; line and column count from 1. */
export interface Place {
  readonly file: string;
  readonly line: number;
  readonly column: number;
}

/** Something that keeps the schemas from composing. */
export interface Problem {
  /** The composition library's code, or `CONTRACT` for what Weft itself finds in `schema/` and `resolvers/`. */
  readonly code: string;
  readonly message: string;
  readonly places: readonly Place[];
}

/** A field by its schema coordinate. */
export interface FieldCoordinate {
  readonly type: string;
  readonly field: string;
}

/** What one upstream says of itself, before the gateway's links are added. */
export interface Contribution {
  /** Upstream name, or `gateway`. */
  readonly name: string;
  /** `rest` and `local` are written in Weft's own SDL; the others bring what their server says. */
  readonly kind: 'rest' | 'graphql' | 'federation' | 'local';
  /** Named in messages: a file, or what stands for one. */
  readonly file: string;
  /** With locations, so that problems have a line. */
  readonly sdl: DocumentNode;
  /** What `resolvers/<name>` fills. Empty for upstreams without resolvers. */
  readonly filled: readonly FieldCoordinate[];
}

/** A federation subgraph schema, ready for composition. */
export interface SourceSchema {
  readonly name: string;
  readonly file: string;
  readonly sdl: DocumentNode;
  readonly url: string;
}
