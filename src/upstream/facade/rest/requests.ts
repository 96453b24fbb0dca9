import DataLoader from 'dataloader';
import type { UpstreamConfig } from '../../../config/types.ts';
import { GatewayError } from '../../../errors.ts';
import { readPath } from '../../../lib/read-path.ts';
import { Semaphore } from '../../../lib/semaphore.ts';
import { recordCalls } from '../../call-records.ts';
import type { CallAbout, RequestScope, Send } from '../../types.ts';
import { defaultBatchSize } from './declare.ts';
import { badResponse, bodyOf, listOf, notFound, readOutcome } from './outcome.ts';
import type { Outcome } from './outcome.ts';
import { placeholdersOf } from './templates.ts';
import type { Entity, RestCall } from './types.ts';
import { writeCall } from './write-call.ts';
import type { Values, WrittenCall } from './write-call.ts';

/** How one upstream is called, whoever asks. */
export interface CallSettings {
  readonly config: Pick<UpstreamConfig, 'name' | 'errors' | 'concurrency'>;
  readonly send: Send;
  /** Headers of every call, by lower-case name. */
  readonly headers: (scope: RequestScope) => Readonly<Record<string, string>>;
}

/** The values of an entity's key fields. */
export type KeyValues = Readonly<Record<string, unknown>>;

type Loader = DataLoader<KeyValues, Outcome, string>;

/**
 * All that one client request asks of one REST upstream: look-ups of one entity are batched, equal GETs are made once,
 * and no more than `concurrency` calls run at a time. Made once per request, forgotten with it.
 */
export class RestRequests {
  readonly #settings: CallSettings;
  readonly #scope: RequestScope;
  readonly #sendInTurn: Send;
  readonly #answers = new Map<string, Promise<Outcome>>();
  readonly #loaders = new Map<Entity, Loader>();

  constructor(settings: CallSettings, scope: RequestScope) {
    this.#settings = settings;
    this.#scope = scope;
    const turns = new Semaphore(settings.config.concurrency);
    // The wait for a turn is a part of the call.
    this.#sendInTurn = recordCalls(settings.config.name)((request) => turns.run(() => settings.send(request)));
  }

  /**
   * Makes one call.
   *
   * @throws {GatewayError} what `writeCall`, `readOutcome` and `Send` throw.
   */
  async run(call: RestCall, values: Values): Promise<Outcome> {
    if (call.method === 'GET') return this.#read(call, values);
    try {
      return await this.#send(call, writeCall(call, values));
    } finally {
      this.#forget();
    }
  }

  async #read(call: RestCall, values: Values, batch = 1): Promise<Outcome> {
    const written = writeCall(call, values);
    if (call.method !== 'GET') return this.#send(call, written, batch);
    const address = written.path + written.query;
    const known = this.#answers.get(address) ?? this.#send(call, written, batch);
    this.#answers.set(address, known);
    return known;
  }

  /** Looks an entity up by its key, together with the other look-ups of the moment. */
  async load(entity: Entity, keys: KeyValues): Promise<Outcome> {
    const { one, many } = entity.calls;
    if (many !== undefined && !fitsList(many, keys[entity.key[0] ?? ''])) {
      if (one) return this.#loadOne(one, keys);
      throw new GatewayError('BAD_USER_INPUT', `"${entity.key.join(' ')}" must not be empty or hold a comma`, {
        upstream: entity.upstream,
      });
    }
    const known = this.#loaders.get(entity) ?? this.#makeLoader(entity);
    this.#loaders.set(entity, known);
    return known.load(keys);
  }

  /** After a call that may change something, what was read before may no longer be true. */
  #forget(): void {
    this.#answers.clear();
    for (const loader of this.#loaders.values()) loader.clearAll();
  }

  async #send(call: RestCall, { path, query, body }: WrittenCall, batch = 1): Promise<Outcome> {
    const { config, headers } = this.#settings;
    const response = await this.#sendInTurn({
      method: call.method,
      path: path + query,
      headers: {
        accept: 'application/json',
        ...headers(this.#scope),
        ...(body !== undefined && { 'content-type': 'application/json' }),
      },
      body,
      about: aboutOf(call),
      batch,
      scope: this.#scope,
      signal: this.#scope.signal,
    });
    this.#scope.responseHeaders.collect(response.headers);
    // The path as it was sent may hold personal data.
    return readOutcome(response, { config, method: call.method, path: call.path });
  }

  #makeLoader(entity: Entity): Loader {
    const { many } = entity.calls;
    return new DataLoader<KeyValues, Outcome, string>((keys) => this.#loadAll(entity, keys), {
      cacheKeyFn: (keys) => JSON.stringify(entity.key.map((name) => String(keys[name]))),
      batch: many !== undefined,
      ...(many && { maxBatchSize: many.max ?? defaultBatchSize }),
    });
  }

  async #loadAll(entity: Entity, keys: readonly KeyValues[]): Promise<(Outcome | Error)[]> {
    const { one, many } = entity.calls;
    const isAlone = many === undefined || keys.length === 1;
    if (one && isAlone) return Promise.all(keys.map((key) => this.#loadOne(one, key).catch(asError)));
    try {
      return many ? await this.#loadMany(entity, many, keys) : [];
    } catch (error) {
      return keys.map(() => asError(error));
    }
  }

  async #loadOne(one: RestCall, keys: KeyValues): Promise<Outcome> {
    const outcome = await this.#read(one, (name) => readPath(keys, name));
    if (outcome.kind !== 'body' || one.at === undefined) return outcome;
    const { origin } = outcome;
    const body = bodyOf(outcome, one);
    if (body !== undefined && body !== null) return { kind: 'body', body, origin };
    return this.#missing(`${origin} without "${one.at}"`);
  }

  #missing(origin: string): Outcome {
    const upstream = this.#settings.config.name;
    return { kind: 'missing', origin, error: notFound(`${upstream}: ${origin}`, { upstream }) };
  }

  async #loadMany(entity: Entity, many: RestCall, keys: readonly KeyValues[]): Promise<Outcome[]> {
    const [name = ''] = entity.key;
    const outcome = await this.#read(many, () => keys.map((key) => key[name]), keys.length);
    const upstream = entity.upstream;
    if (outcome.kind === 'missing') {
      // Of a list look-up, 404 says that the list is not there; nothing is known of the keys.
      throw new GatewayError('UPSTREAM_REJECTED', `${upstream}: ${outcome.origin}`, { upstream, upstreamStatus: 404 });
    }
    const { origin } = outcome;
    const byKey = new Map<string, unknown>();
    const by = (many.by ?? name).split('.');
    for (const item of listOf(outcome, many)) {
      const key = readPath(item, by);
      if (typeof key !== 'string' && typeof key !== 'number') {
        throw badResponse({ upstream, origin, what: `an item has no "${by.join('.')}", which tells its key` });
      }
      if (!byKey.has(String(key))) byKey.set(String(key), item);
    }
    return keys.map((key) => {
      const body = byKey.get(String(key[name]));
      if (body !== undefined) return { kind: 'body', body, origin };
      return this.#missing(`${origin} without the ${name} asked for`);
    });
  }
}

const abouts = new WeakMap<RestCall, CallAbout>();

function aboutOf(call: RestCall): CallAbout {
  let about = abouts.get(call);
  if (!about) {
    about = { kind: 'rest', template: call.path, operationName: undefined };
    abouts.set(call, about);
  }
  return about;
}

/** Whether a key stays one key when it is joined with others by commas. */
function fitsList(many: RestCall, key: unknown): boolean {
  const isJoined = placeholdersOf([many.path, many.query]).length > 0;
  return String(key) !== '' && !(isJoined && String(key).includes(','));
}

function asError(error: unknown): Error {
  return error instanceof Error ? error : new Error(String(error), { cause: error });
}
