import { useResponseCache, type Cache, type CacheEntityRecord } from '@envelop/response-cache';
import type { DocumentNode, ExecutionResult, GraphQLSchema } from 'graphql';
import type { CacheHints } from '../../composition/cache-hints/cache-hints.ts';

/** An object in an answer. */
export type Entity = CacheEntityRecord;

/** One run of an operation, as the rules look at it. */
export interface RuleRun {
  readonly document: DocumentNode;
  readonly errors: ExecutionResult['errors'];
  /** What its answer is made of; empty where it has no data. */
  readonly entities: readonly Entity[];
}

export interface QueryRun extends RuleRun {
  readonly key: string;
  /** Undefined for an answer that is everyone's. */
  readonly session: string | undefined;
  /** How long its answer may be kept at most, in milliseconds. */
  readonly maxAgeMs: number;
}

export interface Verdict {
  readonly ttlMs: number;
  readonly entities: readonly Entity[];
}

export interface RulesParts {
  readonly schema: GraphQLSchema;
  readonly hints: CacheHints['hints'];
  /** Whether an answer with these errors may be kept. */
  readonly mayKeepErrors: (errors: NonNullable<ExecutionResult['errors']>) => boolean;
}

type Plugin = ReturnType<typeof useResponseCache<Judging>>;
type OnExecute = NonNullable<Plugin['onExecute']>;
type ExecuteFn = Parameters<OnExecute>[0]['executeFn'];

/**
 * The rules of `@envelop/response-cache`: how long an answer may be kept, and which entities it is of. Its hooks are called
 * around a run that is over; what it would do wrong by itself it does not get to do:
 *
 * - It tells private fields by response keys, so that an alias hides one, and walks lists twice at each level. So it never
 *   sees an answer, but its entities side by side.
 * - It looks up and runs by itself, each request anew, and leaves what its cache rejects unheard. So its cache is one
 *   verdict, and stores nothing.
 */
export class Rules {
  readonly #schema: GraphQLSchema;
  readonly #onExecute: OnExecute;

  constructor({ schema, hints, mayKeepErrors }: RulesParts) {
    const plugin = useResponseCache<Judging>({
      cache: (judging) => judging as unknown as Judging,
      // No hint, no caching.
      ttl: 0,
      session: ({ session }) => session,
      ttlPerSchemaCoordinate: maxAges(hints),
      scopePerSchemaCoordinate: scopes(hints),
      buildResponseCacheKey: ({ context }) => (context as Judging).key,
      getDocumentString: () => '',
      shouldCacheResult: ({ result: { errors } }) => !errors || mayKeepErrors(errors),
      onTtl: ({ ttl, context }) => Math.min(ttl, context.maxAgeMs),
      invalidateViaMutation: true,
      includeExtensionMetadata: false,
    });
    if (!plugin.onExecute || !plugin.onSchemaChange) throw new TypeError('the response cache has no hooks');
    plugin.onSchemaChange({ schema, replaceSchema: () => {} });
    this.#schema = schema;
    this.#onExecute = plugin.onExecute;
  }

  /** Undefined: the answer is not to be kept. */
  judgeQuery(run: QueryRun): Verdict | undefined {
    const judging = new Judging(run);
    this.#drive(run, judging);
    return judging.verdict;
  }

  /** The entities whose answers a mutation makes invalid. */
  judgeMutation(run: RuleRun): readonly Entity[] {
    // With a session, as without one it leaves out what is private.
    const judging = new Judging({ key: '', session: 'mutation', maxAgeMs: 0 });
    this.#drive(run, judging);
    return judging.invalid;
  }

  #drive({ document, errors, entities }: RuleRun, judging: Judging): void {
    const args = { schema: this.#schema, document, contextValue: judging };
    let execute: ExecuteFn = () => undefined;
    const hooks = this.#onExecute({
      args,
      context: judging,
      executeFn: () => undefined,
      setExecuteFn: (given) => {
        execute = given;
      },
      setResultAndStopExecution: () => {},
      extendContext: () => {},
    });
    // With a key that is there at once, and a cache that answers at once, so does it.
    if (!hooks || 'then' in hooks) return;
    execute(args);
    const result: ExecutionResult = { data: sideBySide(entities), ...(errors && { errors }) };
    void hooks.onExecuteDone?.({ args, result, setResult: () => {} });
  }
}

/** Hears what the rules say of one run, in place of a cache. */
class Judging implements Cache {
  readonly key: string;
  readonly session: string | undefined;
  readonly maxAgeMs: number;
  verdict: Verdict | undefined;
  invalid: readonly Entity[] = [];

  constructor({ key, session, maxAgeMs }: Pick<QueryRun, 'key' | 'session' | 'maxAgeMs'>) {
    this.key = key;
    this.session = session;
    this.maxAgeMs = maxAgeMs;
  }

  get(): undefined {
    return undefined;
  }

  set(_key: string, _result: ExecutionResult, entities: Iterable<CacheEntityRecord>, ttlMs: number): void {
    this.verdict = { ttlMs, entities: [...entities] };
  }

  invalidate(entities: Iterable<CacheEntityRecord>): void {
    this.invalid = [...entities];
  }
}

/** Members of one object, not of a list: that it would walk twice. */
function sideBySide(entities: readonly Entity[]): Record<string, unknown> {
  return Object.fromEntries(
    entities.map(({ typename, id }, index) => [
      `e${index}`,
      { __typename: typename, ...(id !== undefined && { __responseCacheId: id }) },
    ]),
  );
}

function maxAges(hints: CacheHints['hints']): Record<string, number> {
  const ages: Record<string, number> = {};
  for (const [place, { maxAge }] of hints) if (maxAge !== undefined) ages[place] = maxAge * 1000;
  return ages;
}

function scopes(hints: CacheHints['hints']): Record<string, 'PRIVATE' | 'PUBLIC'> {
  const all: Record<string, 'PRIVATE' | 'PUBLIC'> = {};
  for (const [place, { scope }] of hints) if (scope !== undefined) all[place] = scope;
  return all;
}
