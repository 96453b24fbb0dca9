import { hash } from 'node:crypto';
import type { OwnStore, Stamp } from '../cache/types.ts';
import { directivesOf, millisecondsIn } from '../cache/http/directives.ts';
import type { EntityCacheConfig } from '../config/cache-types.ts';
import type { Caller } from '../identity/caller.ts';
import { recordKept } from './call-records.ts';
import { compileEntityTags, type EntityTagParts, type TagEntity } from './entity-tags.ts';
import type {
  EntityAccess,
  EntityAsked,
  EntityList,
  EntitySelection,
  KeptEntities,
  KeptObjects,
} from './kept-entities.ts';
import type { CallAbout, Facade, RequestScope } from './types.ts';
import type { Vary } from './vary.ts';

/**
 * Entities that upstreams were asked for by plans, kept one by one: type, representation, what was asked of it and with which
 * variables, and what of the caller went along, are the key. What came with errors, and null, is not kept: who is told of
 * an entity that has just been made must find it.
 */

export interface EntityCacheOptions extends EntityTagParts {
  /** Which are kept, by type. */
  readonly kept: Readonly<Record<string, EntityCacheConfig>>;
  /** Asked for each entity by itself, so it must know at once. */
  readonly store: OwnStore;
  /** Base URLs of the upstream: gateways that share a Redis may each have another one of that name. Default none. */
  readonly bases?: readonly string[];
  /** What of callers goes to this upstream. */
  readonly vary: Vary;
  /** Milliseconds since 1970. */
  readonly now: () => number;
}

/** The facade, with fetches that tell which of their entities are kept. */
export function cacheEntities(facade: Facade, options: EntityCacheOptions): Facade {
  if (Object.keys(options.kept).length === 0) return facade;
  const keep = (list: EntityList): KeptEntities | undefined => {
    const config = Object.hasOwn(options.kept, list.type) ? options.kept[list.type] : undefined;
    return config && compileList(list, config, { facade, options });
  };
  return { ...facade, prepare: (text) => Object.assign(facade.prepare(text), { keep }) };
}

/** What all requests for one list have in common. */
interface Kind {
  readonly config: EntityCacheConfig;
  readonly options: EntityCacheOptions;
  readonly tagsOf: TagEntity;
  /** Whose entities they are, and what records say of them. */
  readonly upstream: string;
  readonly told: CallAbout;
}

function compileList(
  list: EntityList,
  config: EntityCacheConfig,
  { facade, options }: { readonly facade: Facade; readonly options: EntityCacheOptions },
): KeptEntities {
  const { type, selections } = list;
  const told = { kind: facade.kind === 'rest' ? 'rest' : 'graphql', template: '', operationName: undefined } as const;
  const tagsOf = compileEntityTags(type, selections, options);
  const kind: Kind = { config, options, tagsOf, upstream: facade.name, told };
  const read = variablesIn(selections);
  const used = list.variables.filter(({ name }) => read.has(name));
  const about = hash('sha256', JSON.stringify([facade.name, options.bases, type, selections, used]), 'base64url');
  // Only there functions of the gateway's owner take part, which may look at the caller.
  const mayReadCaller = facade.kind === 'rest' || facade.kind === 'local';
  return {
    open: ({ scope, variables }) => {
      const own = ownPart({ scope, variables }, { config, options, used });
      if (own === undefined) return undefined;
      const prefix = `entity:${own === '' ? about : hash('sha256', `${about}${own}`, 'base64url')}:`;
      return new Access(mayReadCaller ? watched(scope, config.scope === 'PRIVATE') : { scope }, prefix, kind);
    },
  };
}

function variablesIn(selections: readonly EntitySelection[], found = new Set<string>()): ReadonlySet<string> {
  for (const each of selections) {
    if (each.select === 'field') {
      for (const name of each.variables) found.add(name);
      for (const { variable } of each.conditions) found.add(variable);
    }
    variablesIn(each.selections, found);
  }
  return found;
}

interface OwnParts {
  readonly config: EntityCacheConfig;
  readonly options: EntityCacheOptions;
  readonly used: EntityList['variables'];
}

/** What tells this request's entities from those of others; `''`: nothing does. Undefined: nothing is kept for nobody. */
function ownPart({ scope, variables }: EntityAsked, { config, options, used }: OwnParts): string | undefined {
  const { id, tier, scopes, roles } = scope.caller;
  const isPrivate = config.scope === 'PRIVATE';
  if (isPrivate && id === undefined) return undefined;
  const headers = options.vary.valueOf(scope);
  if (!isPrivate && headers === '' && used.length === 0) return '';
  const caller = isPrivate && [id, tier, [...scopes].toSorted(), [...roles].toSorted()];
  // One that was left out has its default, and null has not.
  const values = used.map(({ name }) => (Object.hasOwn(variables, name) ? [variables[name]] : []));
  return JSON.stringify([caller, headers, values]);
}

/** A scope for one fetch, which notices whether a resolver function looks at what the key does not tell of the caller. */
interface Watched {
  readonly scope: RequestScope;
  readonly isOfCaller?: () => boolean;
}

function watched(scope: RequestScope, isPrivate: boolean): Watched {
  let isOfCaller = false;
  const { watch } = scope;
  const callerRead = (caller: Caller): Caller => {
    const shown = watch ? watch.callerRead(caller) : caller;
    if (!isPrivate) {
      isOfCaller = true;
      return shown;
    }
    return {
      ...caller,
      get claims() {
        isOfCaller = true;
        return shown.claims;
      },
    };
  };
  const own = { answered: watch?.answered ?? ignore, called: watch?.called ?? ignore, callerRead };
  return { scope: { ...scope, watch: own }, isOfCaller: () => isOfCaller };
}

function ignore(): void {}

/** What has more costs more to keep than to fetch. */
const maxTags = 128;

/** Longer ones are hashed: they hold what `@requires` asks for. */
const longestPlain = 96;

class Access implements EntityAccess {
  readonly scope: RequestScope;
  readonly #watched: Watched;
  readonly #prefix: string;
  readonly #kind: Kind;
  readonly #since: Stamp;

  constructor(of: Watched, prefix: string, kind: Kind) {
    this.scope = of.scope;
    this.#watched = of;
    this.#prefix = prefix;
    this.#kind = kind;
    this.#since = kind.options.store.stamp();
  }

  /** All are read as one text: that is far quicker than each for itself. */
  read(representations: readonly string[]): KeptObjects {
    const { options, upstream, told } = this.#kind;
    const { store, now } = options;
    const time = now();
    let text = '';
    let until = Infinity;
    let batch = 0;
    for (const representation of representations) {
      const entry = store.get(this.#keyOf(representation))?.entry;
      const isFresh = entry !== undefined && entry.freshUntil > time;
      text += `${text === '' ? '[' : ','}${isFresh ? textOf(entry.body) : 'null'}`;
      if (!isFresh) continue;
      batch += 1;
      if (entry.freshUntil < until) until = entry.freshUntil;
    }
    const { record } = this.scope;
    if (record) {
      record.keptEntities += batch;
      record.missedEntities += representations.length - batch;
    }
    if (until === Infinity) return none;
    recordKept(upstream, { about: told, scope: this.scope, batch });
    this.#tell(until - time);
    return JSON.parse(`${text}]`) as KeptObjects;
  }

  write(representations: readonly string[], entities: readonly unknown[], cacheControl: string | undefined): void {
    const { config, options, tagsOf } = this.#kind;
    const lifetime = lifetimeOf(config, cacheControl);
    if (lifetime <= 0 || this.#watched.isOfCaller?.()) return;
    const madeAt = options.now();
    const until = madeAt + lifetime;
    for (const [index, representation] of representations.entries()) {
      const entity = entities[index];
      if (typeof entity !== 'object' || entity === null || Array.isArray(entity)) continue;
      const tags = tagsOf(entity, representation);
      if (tags.length > maxTags) continue;
      const body = Buffer.from(JSON.stringify(entity));
      const times = { madeAt, freshUntil: until, staleUntil: until, staleIfErrorUntil: until };
      options.store.set(this.#keyOf(representation), { status: 200, headers: {}, body, ...times, tags }, this.#since);
    }
  }

  #keyOf(representation: string): string {
    return representation.length > longestPlain
      ? this.#prefix + hash('sha256', representation, 'base64url')
      : this.#prefix + representation;
  }

  /** An answer that holds what was kept holds no longer than that, and is for no others. */
  #tell(leftMs: number): void {
    const isPrivate = this.#kind.config.scope === 'PRIVATE';
    if (isPrivate) this.scope.watch?.callerRead(this.scope.caller);
    const maxAge = `max-age=${Math.floor(leftMs / 1000)}`;
    this.scope.responseHeaders.collect({ 'cache-control': isPrivate ? `private, ${maxAge}` : maxAge });
  }
}

const none: KeptObjects = [];

function textOf(body: Uint8Array): string {
  const bytes = body instanceof Buffer ? body : Buffer.from(body.buffer, body.byteOffset, body.byteLength);
  return bytes.toString('utf8');
}

/** What an upstream says of its whole answer shortens what is configured, and never makes it longer. */
function lifetimeOf({ maxAgeMs, scope }: EntityCacheConfig, cacheControl: string | undefined): number {
  if (cacheControl === undefined) return maxAgeMs;
  const directives = directivesOf({ 'cache-control': cacheControl });
  if (directives.has('no-store') || directives.has('no-cache')) return 0;
  if (directives.has('private') && scope === 'PUBLIC') return 0;
  return Math.min(
    maxAgeMs,
    millisecondsIn(directives, 's-maxage') ?? millisecondsIn(directives, 'max-age') ?? maxAgeMs,
  );
}
