import type { RequestScope } from './types.ts';

/** What whoever runs plans is told of entities that are kept. It knows representations; what is kept, and where, it does not. */

/** A part of what is asked of each entity; plain data. */
export type EntitySelection =
  | {
      readonly select: 'field';
      readonly name: string;
      /** Member of the entity that holds the value. */
      readonly dataKey: string;
      /** Client variables that the arguments use. */
      readonly variables: readonly string[];
      readonly conditions: readonly { readonly variable: string }[];
      readonly selections: readonly EntitySelection[];
    }
  | { readonly select: 'fragment'; readonly type: string; readonly selections: readonly EntitySelection[] };

/** One `_entities` list of a fetch. */
export interface EntityList {
  /** `__typename` of every representation. */
  readonly type: string;
  readonly selections: readonly EntitySelection[];
  /** Client variables of the whole fetch, as the upstream gets them declared. */
  readonly variables: readonly { readonly name: string; readonly type: string; readonly default?: string }[];
}

/** Says once for each list of each plan whether its entities are kept; undefined: they are not. */
export type KeepEntities = (list: EntityList) => KeptEntities | undefined;

export interface KeptEntities {
  /** Undefined where nothing is kept for this request. To be called before the call that it is about. */
  readonly open: (asked: EntityAsked) => EntityAccess | undefined;
}

export interface EntityAsked {
  readonly scope: RequestScope;
  /** As the client gave them. */
  readonly variables: Readonly<Record<string, unknown>>;
}

/** What one fetch of one request may read and keep. Nothing throws. */
export interface EntityAccess {
  /** In place of the request's own, for the call. */
  readonly scope: RequestScope;
  /**
   * What is kept: one for each representation, null where there is none; empty where there is nothing at all. The objects
   * belong to whoever asks, who may write on them.
   *
   * @param representations JSON texts.
   */
  readonly read: (representations: readonly string[]) => KeptObjects;
  /**
   * Keeps what came without any error, before anybody writes on it.
   *
   * @param entities One for each representation; null is not kept.
   * @param cacheControl Of the answer that they came in.
   */
  readonly write: (
    representations: readonly string[],
    entities: readonly unknown[],
    cacheControl: string | undefined,
  ) => void;
}

export type KeptObjects = readonly (object | null)[];
