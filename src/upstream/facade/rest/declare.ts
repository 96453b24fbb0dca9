import { declared, isDeclared } from './types.ts';
import type {
  CallOptions,
  Entity,
  EntityOptions,
  Fields,
  Filler,
  Lookup,
  MakeCall,
  Reference,
  RestCall,
  RestMethod,
  RestUpstream,
} from './types.ts';
import { placeholdersOf } from './templates.ts';

/** Keys in one call of `many` where it does not say. */
export const defaultBatchSize = 100;

const graphqlName = /^[A-Za-z_]\w*$/;

/**
 * Declares calls of a REST upstream and the entities that they answer.
 *
 * @example
 * const users = rest('users');
 * export const User = users.entity({
 *   key: 'id',
 *   one: users.get('/users/{id}'),
 *   many: users.get('/users', { query: { ids: '{keys}' }, items: 'items', by: 'user_id', max: 50 }),
 *   fields: { id: 'user_id', name: 'full_name' },
 * });
 * export const Query = { user: User.one() };
 *
 * @throws {TypeError} when a declaration does not hold together; the message says what was expected and what came.
 */
export function rest(upstream: string): RestUpstream {
  if (typeof upstream !== 'string' || !graphqlName.test(upstream)) {
    throw new TypeError(`rest() must be given the name of an upstream, but got: ${show(upstream)}`);
  }
  const maker =
    (method: RestMethod): MakeCall =>
    (path, options = {}) =>
      makeCall({ upstream, method, path, options });
  return Object.freeze({
    get: maker('GET'),
    post: maker('POST'),
    put: maker('PUT'),
    patch: maker('PATCH'),
    delete: maker('DELETE'),
    entity: (options: EntityOptions) => makeEntity(upstream, options),
  });
}

/**
 * Refers to an entity of any upstream by the key in the parent's body: `{ id: 'product_id' }`. The field's type says
 * which entity; a null key makes null, a list of keys a list of entities.
 *
 * @throws {TypeError} when no key is named, or a path is no text.
 */
export function reference(keys: Readonly<Record<string, string>>): Reference {
  return makeReference(undefined, keys);
}

interface CallParts {
  readonly upstream: string;
  readonly method: RestMethod;
  readonly path: string;
  readonly options: CallOptions;
}

const optionNames = new Set(['query', 'body', 'items', 'at', 'by', 'max']);

function makeCall({ upstream, method, path, options }: CallParts): RestCall {
  const at = `${method} ${show(path)} of "${upstream}"`;
  checkPath(path, at);
  for (const name of Object.keys(options)) {
    if (!optionNames.has(name)) {
      throw new TypeError(`${at}: options must be among ${[...optionNames].join(', ')}, but got: ${name}`);
    }
  }
  const { query = {}, body, items, at: place, by, max } = options;
  for (const [name, value] of Object.entries(query)) {
    if (!['string', 'number', 'boolean'].includes(typeof value)) {
      throw new TypeError(`${at}: query "${name}" must be a text, number or boolean, but got: ${show(value)}`);
    }
  }
  if (method === 'GET' && body !== undefined) throw new TypeError(`${at}: a GET must have no body`);
  for (const [name, value] of Object.entries({ items, at: place, by })) {
    if (value !== undefined) checkDotted(value, `${at}: "${name}"`);
  }
  if (items !== undefined && place !== undefined) throw new TypeError(`${at}: must have "items" or "at", but got both`);
  if (max !== undefined && (!Number.isInteger(max) || max < 1)) {
    throw new TypeError(`${at}: "max" must be an integer above 0, but got: ${show(max)}`);
  }
  const placeholders = within(at, () => placeholdersOf([path, query, body]));
  return Object.freeze({
    [declared]: 'call' as const,
    ...{ upstream, method, path, query: Object.freeze({ ...query }), body, items, at: place, by, max },
    placeholders: Object.freeze(placeholders),
  });
}

function checkPath(path: string, at: string): void {
  if (typeof path !== 'string' || !path.startsWith('/')) throw new TypeError(`${at}: a path must begin with "/"`);
  if (/[?#\s\\]/.test(path)) {
    throw new TypeError(`${at}: a path must have no "?", "#", space or backslash; parameters stand in "query"`);
  }
  if (path.split('/').some((segment) => segment === '.' || segment === '..')) {
    throw new TypeError(`${at}: a path must have no "." or ".." segments`);
  }
}

function makeEntity(upstream: string, options: EntityOptions): Entity {
  const at = `entity of "${upstream}"`;
  for (const name of Object.keys(options)) {
    if (!['key', 'one', 'many', 'fields'].includes(name)) {
      throw new TypeError(`${at}: options must be among key, one, many, fields, but got: ${name}`);
    }
  }
  const { one, many, fields = {} } = options;
  const key = readKey(options.key, at);
  if (one === undefined && many === undefined) throw new TypeError(`${at}: must have "one" or "many"`);
  if (one !== undefined) checkOne(one, { upstream, key, at });
  if (many !== undefined) checkMany(many, { upstream, key, at });
  checkFields(fields, at);
  const entity: Entity = Object.freeze({
    [declared]: 'entity' as const,
    ...{ upstream, key, calls: Object.freeze({ one, many }), fields: Object.freeze({ ...fields }) },
    one: (keys?: Readonly<Record<string, string>>) => {
      const names = keys ?? Object.fromEntries(key.map((name) => [name, name]));
      checkKeys(names, { key, at: `${at}: one()` });
      return makeLookup({ entity, keys: names, at: undefined });
    },
    reference: (keys: Readonly<Record<string, string>>) => makeReference(entity, keys),
  });
  return entity;
}

function readKey(key: unknown, at: string): readonly string[] {
  const names = typeof key === 'string' ? key.split(/\s+/).filter((name) => name !== '') : [];
  if (names.length === 0 || names.some((name) => !graphqlName.test(name))) {
    throw new TypeError(`${at}: "key" must be GraphQL fields separated by spaces, but got: ${show(key)}`);
  }
  return Object.freeze(names);
}

interface EntityPlace {
  readonly upstream: string;
  readonly key: readonly string[];
  readonly at: string;
}

function checkOne(one: RestCall, { upstream, key, at }: EntityPlace): void {
  if (!isDeclared(one, 'call') || one.upstream !== upstream) {
    throw new TypeError(`${at}: "one" must be a call of "${upstream}", but got: ${show(one)}`);
  }
  if (one.items !== undefined)
    throw new TypeError(`${at}: "one" must have "at" where the entity stands deeper, not "items"`);
  if (!sameNames(one.placeholders, key)) {
    throw new TypeError(
      `${at}: the placeholders of "one" must be the key fields (${key.join(', ')}), but got: ${one.placeholders.join(', ') || 'none'}`,
    );
  }
}

function checkMany(many: RestCall, { upstream, key, at }: EntityPlace): void {
  if (!isDeclared(many, 'call') || many.upstream !== upstream) {
    throw new TypeError(`${at}: "many" must be a call of "${upstream}", but got: ${show(many)}`);
  }
  if (key.length > 1) throw new TypeError(`${at}: "many" must go with a key of one field, but got: ${key.join(', ')}`);
  if (!sameNames(many.placeholders, ['keys'])) {
    throw new TypeError(
      `${at}: the placeholder of "many" must be {keys}, but got: ${many.placeholders.join(', ') || 'none'}`,
    );
  }
  if (many.at !== undefined)
    throw new TypeError(`${at}: "many" must have "items" where the list stands deeper, not "at"`);
  if (many.by === undefined) {
    throw new TypeError(`${at}: "many" must have "by": the property of an item that holds its key`);
  }
}

function sameNames(names: readonly string[], expected: readonly string[]): boolean {
  return names.length === expected.length && expected.every((name) => names.includes(name));
}

function makeLookup(parts: Pick<Lookup, 'entity' | 'keys' | 'at'>): Lookup {
  return Object.freeze({
    [declared]: 'lookup' as const,
    ...parts,
    keys: Object.freeze({ ...parts.keys }),
    pick: (path: string) => {
      checkDotted(path, `entity of "${parts.entity.upstream}": pick()`);
      return makeLookup({ ...parts, at: path });
    },
  });
}

function makeReference(entity: Entity | undefined, keys: Readonly<Record<string, string>>): Reference {
  const at = entity ? `entity of "${entity.upstream}": reference()` : 'reference()';
  checkKeys(keys, { key: entity?.key, at });
  return Object.freeze({ [declared]: 'reference' as const, entity, keys: Object.freeze({ ...keys }) });
}

function checkKeys(
  keys: Readonly<Record<string, string>>,
  { key, at }: { readonly key: readonly string[] | undefined; readonly at: string },
): void {
  if (typeof keys !== 'object' || keys === null || Object.keys(keys).length === 0) {
    throw new TypeError(
      `${at} must be given where each key field comes from, such as { id: 'user_id' }, but got: ${show(keys)}`,
    );
  }
  if (key !== undefined && !sameNames(Object.keys(keys), key)) {
    throw new TypeError(`${at} must name the key fields (${key.join(', ')}), but got: ${Object.keys(keys).join(', ')}`);
  }
  for (const [name, path] of Object.entries(keys)) checkDotted(path, `${at}: "${name}"`);
}

/** @throws {TypeError} when a field is filled by what cannot fill one. */
export function checkFields(fields: unknown, at: string): asserts fields is Fields {
  if (typeof fields !== 'object' || fields === null || Array.isArray(fields) || declared in fields) {
    throw new TypeError(`${at}: fields must be an object by GraphQL field, but got: ${show(fields)}`);
  }
  for (const [name, filler] of Object.entries(fields)) {
    if (typeof filler === 'string') checkDotted(filler, `${at}: field "${name}"`);
    else if (!isFiller(filler)) {
      throw new TypeError(
        `${at}: field "${name}" must be a property's path, a call, a look-up, a reference or a function, but got: ${show(filler)}`,
      );
    }
  }
}

function isFiller(value: unknown): value is Filler {
  return (
    typeof value === 'function' ||
    isDeclared(value, 'call') ||
    isDeclared(value, 'lookup') ||
    isDeclared(value, 'reference')
  );
}

function checkDotted(path: unknown, at: string): asserts path is string {
  if (typeof path !== 'string' || path.split('.').some((name) => name === '')) {
    throw new TypeError(`${at} must be a dotted path such as address.city, but got: ${show(path)}`);
  }
}

function within<T>(at: string, read: () => T): T {
  try {
    return read();
  } catch (cause) {
    throw new TypeError(`${at}: ${(cause as Error).message}`, { cause });
  }
}

function show(value: unknown): string {
  if (typeof value === 'string') return value;
  if (typeof value === 'function') return 'a function';
  if (typeof value === 'object' && value !== null && declared in value) return `a ${String(value[declared])}`;
  return JSON.stringify(value) ?? String(value);
}
