import type { ExecutionResult, GraphQLError } from 'graphql';
import { GatewayError } from '../../../errors.ts';
import { movedError, toGraphqlError } from './errors.ts';
import { keyFieldKey, typeKey } from './lookup-fields.ts';
import { keyText } from './representations.ts';
import type { PlannedLookup, Rewritten } from './rewrite.ts';

type Data = Record<string, unknown>;

/** What a look-up field's answer holds. */
interface Found {
  readonly planned: PlannedLookup;
  /** By key. */
  readonly entities: ReadonlyMap<string, Data>;
  /** Key of the item at each place of a list; `undefined` where it cannot be told. */
  readonly keys: readonly (string | undefined)[];
}

/**
 * Puts the answers of a rewritten document's calls together as the answer to the document: `_entities` lists in the
 * order of their representations, errors at their places. `results` stand in the order of `rewritten.calls`; what was
 * selected for our own use is taken out of them.
 */
export function assembleAnswer(rewritten: Rewritten, results: readonly ExecutionResult[]): ExecutionResult {
  const data: Data = {};
  for (const key of rewritten.passed) data[key] = results[0]?.data?.[key] ?? null;
  for (const { responseKey, count } of rewritten.entities) data[responseKey] = Array<unknown>(count).fill(null);
  const errors = rewritten.lost.map(({ entities, position, error }) => toGraphqlError(error, [entities, position]));
  for (const [index, result] of results.entries()) {
    const found = new Map<string, Found>();
    for (const planned of rewritten.lookups) {
      if (planned.call !== index) continue;
      const answer = readFound(planned, result.data?.[planned.responseKey]);
      found.set(planned.responseKey, answer);
      placeEntities(data[planned.entities] as unknown[], answer);
    }
    const passed = index === 0 ? rewritten.passed : [];
    const own = result.data ? (result.errors ?? []) : errorsWithoutData(result, [...passed, ...found.keys()]);
    errors.push(...own.flatMap((error) => movedErrors(error, found)));
  }
  return errors.length > 0 ? { data, errors } : { data };
}

function readFound(planned: PlannedLookup, value: unknown): Found {
  const sent = [...planned.positions.keys()];
  const entities = new Map<string, Data>();
  const keep = (key: string | undefined, item: Data) => {
    const isFirst = key !== undefined && !entities.has(key);
    // A look-up that returns an interface may find another type than the representation's: no such entity then.
    if (isFirst && item[typeKey] === planned.type) entities.set(key, item);
    delete item[typeKey];
  };
  if (!planned.lookup.isList) {
    if (isObject(value)) keep(sent[0], value);
    return { planned, entities, keys: [] };
  }
  const items: readonly unknown[] = Array.isArray(value) ? value : [];
  // A server may answer place by place or leave out what it did not find, so an item's own key says whose it is.
  const keys = items.map((item, place) => {
    if (!isObject(item)) return items.length === sent.length ? sent[place] : undefined;
    const key = takeKey(planned, item);
    keep(key, item);
    return key;
  });
  return { planned, entities, keys };
}

function takeKey({ lookup }: PlannedLookup, item: Data): string {
  const names = lookup.key.map((_, at) => keyFieldKey(at));
  const key = keyText(names.map((name) => item[name]));
  for (const name of names) delete item[name];
  return key;
}

function isObject(value: unknown): value is Data {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function placeEntities(list: unknown[], { planned, entities }: Found): void {
  for (const [key, places] of planned.positions) {
    const entity = entities.get(key);
    if (!entity) continue;
    // Whoever reads the list may write on its entities, so no two places share one.
    for (const [nth, place] of places.entries()) list.splice(place, 1, nth === 0 ? entity : structuredClone(entity));
  }
}

/** The error at the places of the entities that it is about; as it is where it is about none. */
function movedErrors(error: GraphQLError, lookups: ReadonlyMap<string, Found>): GraphQLError[] {
  const [root, ...rest] = error.path ?? [];
  const found = typeof root === 'string' ? lookups.get(root) : undefined;
  if (!found) return [error];
  const { planned, entities } = found;
  const [place, ...inside] = planned.lookup.isList ? rest : [0, ...rest];
  const key = keyAt(found, place);
  const places = key === undefined ? undefined : planned.positions.get(key);
  if (places) return places.map((at) => movedError(error, [planned.entities, at, ...inside]));
  // Whose error it is cannot be told: all that got no entity have it.
  const without = [...planned.positions].filter(([name]) => !entities.has(name)).flatMap(([, at]) => at);
  const paths = without.length > 0 ? without.map((at) => [planned.entities, at]) : [[planned.entities]];
  return paths.map((path) => movedError(error, path));
}

function keyAt({ planned, keys }: Found, place: string | number | undefined): string | undefined {
  return planned.lookup.isList ? keys[Number(place ?? -1)] : planned.positions.keys().next().value;
}

/** A call without data took all its root fields along: each says so, with its own errors where it has some. */
function errorsWithoutData({ errors = [] }: ExecutionResult, roots: readonly string[]): GraphQLError[] {
  const first = errors[0] ?? toGraphqlError(new GatewayError('UPSTREAM_BAD_RESPONSE', 'no data and no errors came'));
  return roots.flatMap((root) => {
    const own = errors.filter((error) => error.path?.[0] === root);
    return own.length > 0 ? own : [movedError(first, [root])];
  });
}
