/** Flags of `weft keys`. */
export type KeyFlag =
  | 'owner'
  | 'tier'
  | 'scopes'
  | 'roles'
  | 'expires'
  | 'provider'
  | 'jti'
  | 'subject'
  | 'key'
  | 'until';

/** Flags of `weft persist`. */
export interface PersistFlags {
  /** `apollo`, `relay` or `plain`. */
  readonly format?: string | undefined;
  /** File of the manifest. */
  readonly out?: string | undefined;
  /** Whether the file is only compared. */
  readonly check?: boolean | undefined;
}

/** Flags of `weft cache`. */
export interface CacheFlags {
  readonly tags?: readonly string[] | undefined;
  /** `Type` or `Type:id`. */
  readonly types?: readonly string[] | undefined;
  readonly all?: boolean | undefined;
}

/** What a command gets: the flags that it knows, and the words after its name. */
export interface Arguments {
  /** Folder of the gateway, relative to the working directory. */
  readonly dir: string;
  /** File of a ready supergraph, in place of a folder. */
  readonly supergraph: string | undefined;
  readonly port: number | undefined;
  readonly host: string | undefined;
  /** Name of one operation of a document with several. */
  readonly operation: string | undefined;
  /** As they were given. */
  readonly keyFlags: Readonly<Partial<Record<KeyFlag, string | undefined>>>;
  readonly persistFlags?: PersistFlags;
  readonly cacheFlags?: CacheFlags;
  /** What stands after the command's name. */
  readonly words: readonly string[];
}

/** Arguments that no command takes; the message says what was expected and what came. Ends with exit code 2. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}
