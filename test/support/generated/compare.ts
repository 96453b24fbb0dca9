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
 *    knows, not a certain one. No path comes twice.
 * 3. Where a subgraph is down, the monolith fails each field that only it gives, or that requires one which only it
 *    gives. So a failed entity fetch has errors at the fields that it should have given.
 * 4. Where a subgraph does not know an entity, its fields of it are null without an error, and so is the object where
 *    such a field may not be null. Only a null that goes further up has an error.
 * 5. Where a down subgraph was asked for what others could have given too, only the plan knows what is lost. Then every
 *    value must be the monolith's or null, and every such null must have an error at it or below it.
 * 6. Mutations are carried out once each and in turn: their journals are equal.
 * 7. No upstream is asked for what it cannot answer.
 *
 * Messages and the order of errors are not compared.
 */

export type DifferenceKind = 'refusal' | 'data' | 'errors' | 'journal' | 'stitched' | 'crash';

export interface Difference {
  readonly kind: DifferenceKind;
  readonly message: string;
}

type Path = readonly (string | number)[];

/** How an engine's answer differs from the monolith's; undefined where it does not. */
export function difference({ result, record }: EngineAnswer, expected: MonolithAnswer, whole: MonolithAnswer): Difference | undefined {
  const [refusal] = record.refusals;
  if (refusal !== undefined) return { kind: 'refusal', message: refusal };
  if (record.journal.join('\n') !== expected.record.journal.join('\n')) {
    return { kind: 'journal', message: `expected mutations:\n${expected.record.journal.join('\n')}\nbut got:\n${record.journal.join('\n')}` };
  }
  return record.isUnsure ? weakDifference(result, whole) : strictDifference(result, expected);
}

function strictDifference(result: ExecutionResult, { result: expected, causes }: MonolithAnswer): Difference | undefined {
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
  if (missing !== undefined) return { kind: 'errors', message: `expected an error at ${missing}, but got: ${firstErrors(result)}` };
  const surplus = [...places].find((place) => !may.has(place));
  if (surplus !== undefined) return { kind: 'errors', message: `expected no error at ${surplus}, but got: ${firstErrors(result)}` };
  const stray = strayPath(paths, causes, expected);
  return stray && { kind: 'errors', message: `${stray} is no cause of an error, but got: ${firstErrors(result)}` };
}

function strayPath(paths: readonly Path[], causes: readonly Cause[], expected: ExecutionResult): string | undefined {
  const known = new Set([...causes.map(({ path }) => pathText(path)), ...(expected.errors ?? []).map(({ path = [] }) => pathText(path))]);
  return paths.map(pathText).find((path) => !known.has(path));
}

function weakDifference(result: ExecutionResult, { result: whole }: MonolithAnswer): Difference | undefined {
  const errors = (result.errors ?? []).map(({ path = [] }) => path);
  const lost: Path[] = [];
  const wrong = compareWeakly(result.data, whole.data, { path: [], lost });
  if (wrong !== undefined) return { kind: 'data', message: wrong };
  const places = new Set(errors.map((path) => placeText(result.data, path)));
  const lostTexts = new Set(lost.map(pathText));
  const surplus = [...places].find((place) => !lostTexts.has(place));
  if (surplus !== undefined) return { kind: 'errors', message: `an error at ${surplus}, where nothing is missing: ${firstErrors(result)}` };
  return undefined;
}

function compareWeakly(got: unknown, whole: unknown, at: { readonly path: Path; readonly lost: Path[] }): string | undefined {
  if (got === null || got === undefined) {
    if (whole !== null && whole !== undefined) at.lost.push(at.path);
    return undefined;
  }
  if (typeof got !== 'object' || typeof whole !== 'object' || whole === null) {
    return got === whole ? undefined : `at ${pathText(at.path)} expected ${text(whole)}, but got ${text(got)}`;
  }
  const keys = Object.keys(got);
  if (keys.join() !== Object.keys(whole).join()) return `at ${pathText(at.path)} expected members ${Object.keys(whole).join()}, but got ${keys.join()}`;
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
  return JSON.stringify(errors.slice(0, 6).map(({ path, message, originalError }) => ({ path, message: originalError?.message ?? message })));
}
