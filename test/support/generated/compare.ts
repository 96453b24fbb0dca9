import type { ExecutionResult } from 'graphql';
import { nullDepth, withoutSilentErrors, type Cause, type MonolithAnswer } from './monolith.ts';
import type { EngineAnswer } from './rig.ts';

/**
 * What "equal answers" means.
 *
 * 1. `data` is equal to the letter: values, order of members, nulls.
 * 2. Errors are equal as sets of places. The place of an error is where its null stands in the answer: its path, or what
 *    of the path is left where the null went up to a field that may be null. Where a null has several causes, GraphQL
 *    (6.4.4) lets a server name any of them; so the path beyond the place must be one of the causes that the monolith
 *    knows, not a certain one; or an object on the way to one, where it cannot be
 *    told what the object is; or the same field of another item, where the list is null as a whole; or anything below the
 *    place, where several subgraphs gave parts of one root field. No path comes twice.
 *    (The stitched engine names places only: which field below them it names is not compared.)
 * 3. Where a subgraph is down, the monolith fails each field that only it gives, or that requires one which only it
 *    gives. So a failed entity fetch has errors at the fields that it should have given.
 * 4. Where a subgraph does not know an entity, its fields of it are null without an error, and so is the object where
 *    such a field may not be null. Only a null that goes further up has an error.
 * 5. Where a down subgraph was asked for what others could have given too, only the plan knows what is lost. Then every
 *    value must be the monolith's or null, and every such null must have an error at it or below it. Of mutations, nothing
 *    more is compared then.
 * 6. Mutations are carried out once each and in turn: their journals are equal. Where a failed one makes all of the data
 *    null, those after it may be carried out or not, as GraphQL leaves open.
 * 7. No upstream is asked for what it cannot answer. (The stitched engine sends an error on in place of a key or input
 *    that could not be had; so for it this only holds where nothing fails.)
 *
 * Messages and the order of errors are not compared.
 */

export type DifferenceKind = 'refusal' | 'data' | 'errors' | 'journal' | 'stitched' | 'crash';

export interface Difference {
  readonly kind: DifferenceKind;
  readonly message: string;
}

type Path = readonly (string | number)[];

export interface Comparison {
  readonly answer: EngineAnswer;
  readonly expected: MonolithAnswer;
  /** The monolith's answer where no subgraph is down or lacks an entity. */
  readonly whole: MonolithAnswer;
  /** Whether the path of an error beyond its place is compared. */
  readonly namesCauses: boolean;
}

/** How an engine's answer differs from the monolith's; undefined where it does not. */
export function difference({ answer, expected, whole, namesCauses }: Comparison): Difference | undefined {
  const { result, record } = answer;
  const [refusal] = record.refusals;
  const { percent, down, absent } = record.plan;
  const isSmooth = percent === 0 && down === undefined && !absent;
  if (refusal !== undefined && (namesCauses || isSmooth)) return { kind: 'refusal', message: refusal };
  const disorder = journalDifference(answer, expected);
  if (disorder) return disorder;
  const isSplit = [...record.roots.values()].some((subgraphs) => subgraphs.size > 1);
  if (!record.isUnsure) return strictDifference(result, expected, namesCauses && !isSplit);
  // What a mutation gives depends on those before it, of which some did not take place.
  if (whole.record.journal.length > 0) return undefined;
  return weakDifference(result, whole.result, record.plan.absent !== undefined);
}

/** Whether other mutations were carried out than should be, or in another order. */
export function journalDifference({ record }: EngineAnswer, expected: MonolithAnswer): Difference | undefined {
  const [want, got] = [expected.record.journal.join('\n'), record.journal.join('\n')];
  if (expected.result.data === null || want === got) return undefined;
  return { kind: 'journal', message: `expected mutations:\n${want}\nbut got:\n${got}` };
}

function strictDifference(
  result: ExecutionResult,
  { result: expected, causes }: MonolithAnswer,
  namesCauses: boolean,
): Difference | undefined {
  const [got, want] = [text(result.data), text(expected.data)];
  if (got !== want) return { kind: 'data', message: `expected: ${want}\nbut got:  ${got}\n${firstErrors(result)}` };
  const paths = (result.errors ?? []).map(({ path = [] }) => path);
  const repeated = paths.map(pathText).find((path, index, all) => all.indexOf(path) !== index);
  if (repeated !== undefined) return { kind: 'errors', message: `two errors at ${repeated}` };
  const places = new Set(paths.map((path) => placeText(result.data, path)));
  const wanted = new Set(withoutSilentErrors(expected).map((path) => placeText(expected.data, path)));
  const may = new Set(wanted);
  // A place that has loud causes and silent ones may have an error or not.
  for (const { path, isSilent } of causes) {
    const place = placeText(expected.data, path);
    if (!isSilent) may.add(place);
    else if (nullDepth(expected.data, path) >= path.length - 1) wanted.delete(place);
  }
  const missing = [...wanted].find((place) => !places.has(place));
  if (missing !== undefined)
    return { kind: 'errors', message: `expected an error at ${missing}, but got: ${firstErrors(result)}` };
  const surplus = [...places].find((place) => !may.has(place));
  if (surplus !== undefined)
    return { kind: 'errors', message: `expected no error at ${surplus}, but got: ${firstErrors(result)}` };
  const stray = namesCauses ? strayPath(paths, causes, expected) : undefined;
  return (
    stray && { kind: 'errors', message: `${pathText(stray)} is no cause of an error, but got: ${firstErrors(result)}` }
  );
}

function strayPath(paths: readonly Path[], causes: readonly Cause[], expected: ExecutionResult): Path | undefined {
  const known = new Set([
    ...causes.map(({ path }) => pathText(path)),
    ...(expected.errors ?? []).map(({ path = [] }) => pathText(path)),
  ]);
  const isNear = (path: Path): boolean => {
    const depth = nullDepth(expected.data, path);
    return causes.some(
      (cause) =>
        path.every((step, index) => cause.path[index] === step) ||
        (cause.path.length === path.length &&
          path.every((step, index) => cause.path[index] === step || (index >= depth && typeof step === 'number'))),
    );
  };
  return paths.find((path) => !known.has(pathText(path)) && !isNear(path));
}

function weakDifference(result: ExecutionResult, whole: ExecutionResult, mayBeSilent: boolean): Difference | undefined {
  const lost: Path[] = [];
  const wrong = compareWeakly(result.data, whole.data, { path: [], lost });
  if (wrong !== undefined) return { kind: 'data', message: `${wrong}\n${firstErrors(result)}` };
  const paths = (result.errors ?? []).map(({ path = [] }) => path);
  const surplus = paths.find((path) => valueAt(result.data, path) !== null);
  if (surplus) return { kind: 'errors', message: `an error at ${pathText(surplus)}, where there is a value` };
  const places = new Set(paths.map((path) => placeText(result.data, path)));
  const silent = mayBeSilent ? undefined : lost.find((path) => !places.has(pathText(path)));
  return silent && { kind: 'errors', message: `${pathText(silent)} is lost without an error: ${firstErrors(result)}` };
}

/** The value at a path; null where the path ends in a null before. */
function valueAt(data: unknown, path: Path): unknown {
  let value: unknown = data ?? null;
  for (const segment of path) {
    if (value === null) return null;
    value = (value as Readonly<Record<string | number, unknown>>)[segment];
  }
  return value;
}

function compareWeakly(
  got: unknown,
  whole: unknown,
  at: { readonly path: Path; readonly lost: Path[] },
): string | undefined {
  if (got === null || got === undefined) {
    if (whole !== null && whole !== undefined) at.lost.push(at.path);
    return undefined;
  }
  if (typeof got !== 'object' || typeof whole !== 'object' || whole === null) {
    return got === whole ? undefined : `at ${pathText(at.path)} expected ${text(whole)}, but got ${text(got)}`;
  }
  const keys = Object.keys(got);
  if (keys.join() !== Object.keys(whole).join())
    return `at ${pathText(at.path)} expected members ${Object.keys(whole).join()}, but got ${keys.join()}`;
  for (const key of keys) {
    const path = [...at.path, Array.isArray(got) ? Number(key) : key];
    const wrong = compareWeakly(Reflect.get(got, key), Reflect.get(whole, key), { ...at, path });
    if (wrong !== undefined) return wrong;
  }
  return undefined;
}

function text(value: unknown): string {
  return JSON.stringify(value) ?? 'nothing';
}

function pathText(path: Path): string {
  return JSON.stringify(path);
}

function placeText(data: unknown, path: Path): string {
  return pathText(path.slice(0, nullDepth(data, path)));
}

function firstErrors({ errors = [] }: ExecutionResult): string {
  return JSON.stringify(
    errors
      .slice(0, 6)
      .map(({ path, message, originalError }) => ({ path, message: originalError?.message ?? message })),
  );
}
