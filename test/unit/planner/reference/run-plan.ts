import type { Condition, EntityTarget, Path, Plan, RepresentationField } from '../../../../src/planner/plan.ts';
import type { FieldShape, Shape, ValueShape } from '../../../../src/planner/shape.ts';
import type { Ask } from './upstreams.ts';

type Data = Record<string, unknown>;
type Variables = Readonly<Record<string, unknown>>;

/** Runs a plan call by call, in the slowest and plainest way, and gives the merged data. */
export function runPlan(plan: Plan, ask: Ask, variables: Variables): Data {
  const data: Data = {};
  for (const fetch of plan.fetches) {
    if (fetch.after.some((id) => id >= fetch.id)) throw new Error(`fetch ${fetch.id} comes before what it needs`);
    if (!hold(fetch.conditions, variables)) continue;
    const used = Object.fromEntries(
      fetch.variables.flatMap(({ name }) => (name in variables ? [[name, variables[name]]] : [])),
    );
    if (fetch.target === 'root') {
      const places = objectsAt(data, fetch.at);
      if (places.length === 0) continue;
      const answer = answerOf(ask, fetch, used);
      for (const place of places) merge(place, answer);
      continue;
    }
    const batches = fetch.targets.map((target) => batchOf(data, target, hold(target.conditions, variables)));
    if (batches.every(({ representations }) => representations.length === 0)) continue;
    for (const { target, representations } of batches) used[target.variable] = representations;
    const answer = answerOf(ask, fetch, used);
    for (const { target, places } of batches) {
      for (const { object, index } of places) merge(object, (answer[target.alias] as unknown[])[index]);
    }
  }
  return data;
}

function answerOf(ask: Ask, fetch: { readonly upstream: string; readonly text: string }, variables: Variables): Data {
  const { data, errors } = ask(fetch.upstream, fetch.text, variables);
  if (errors?.[0]) throw new Error(`${errors[0].message} (in ${fetch.text})`);
  return data as Data;
}

function hold(conditions: readonly Condition[], variables: Variables): boolean {
  return conditions.every(({ variable, is }) => (variables[variable] ?? false) === is);
}

function batchOf(data: Data, target: EntityTarget, isAsked: boolean) {
  const representations: unknown[] = [];
  const indexes = new Map<string, number>();
  const places: { readonly object: Data; readonly index: number }[] = [];
  for (const object of isAsked ? target.paths.flatMap((path) => objectsAt(data, path)) : []) {
    const members = represent(object, target.representation);
    if (!members) continue;
    const representation = { __typename: target.type, ...members };
    const text = JSON.stringify(representation);
    const index = indexes.get(text) ?? representations.push(representation) - 1;
    indexes.set(text, index);
    places.push({ object, index });
  }
  return { target, representations, places };
}

/** Null where a key or an input is missing: nothing is asked then, and the answer shows whether that was right. */
function represent(object: Data, fields: readonly RepresentationField[]): Data | null {
  const members: Data = {};
  for (const { name, dataKey, required, on, fields: inner } of fields) {
    if (on && !on.includes(String(object['__typename']))) continue;
    const value = object[dataKey];
    if (value === undefined || (value === null && !required)) return null;
    members[name] = inner ? representValue(value, inner) : value;
  }
  return members;
}

function representValue(value: unknown, fields: readonly RepresentationField[]): unknown {
  if (Array.isArray(value)) return value.map((item) => representValue(item, fields));
  return value === null ? null : represent(value as Data, fields);
}

function objectsAt(data: unknown, path: Path): Data[] {
  const [step, ...rest] = path;
  if (data === null || data === undefined) return [];
  if (!step) return [data as Data];
  if (step.step === 'each') return (data as unknown[]).flatMap((item) => objectsAt(item, rest));
  if (step.step === 'field') return objectsAt((data as Data)[step.key], rest);
  const type = (data as Data)['__typename'];
  if (type === undefined) throw new Error(`no __typename in ${JSON.stringify(data)}`);
  return typeof type === 'string' && step.types.includes(type) ? objectsAt(data, rest) : [];
}

function merge(into: unknown, from: unknown): void {
  if (Array.isArray(into)) {
    for (const [index, item] of (from as unknown[]).entries()) merge(into[index], item);
    return;
  }
  for (const [key, value] of Object.entries((from ?? {}) as Data)) {
    const known = (into as Data)[key];
    if (typeof known === 'object' && known !== null && value !== null) merge(known, value);
    else (into as Data)[key] = structuredClone(value);
  }
}

/** The client's answer, read off the merged data. */
export function writeAnswer({ root }: Shape, data: Data, variables: Variables): Data {
  return writeFields(root.fields, { data, variables, type: root.type });
}

interface Writing {
  readonly data: Data;
  readonly variables: Variables;
  readonly type: string;
}

function writeFields(fields: readonly FieldShape[], { data, variables, type }: Writing): Data {
  const answer: Data = {};
  for (const field of fields) {
    if (field.when.length > 0 && !field.when.some((conditions) => hold(conditions, variables))) continue;
    if (field.source === 'typename') answer[field.responseKey] = type;
    else if (field.source === 'data')
      answer[field.responseKey] = writeValue(field.value, data[field.dataKey], variables);
  }
  return answer;
}

function writeValue({ nullable, of }: ValueShape, value: unknown, variables: Variables): unknown {
  if (value === undefined) throw new Error('the data lacks a value that the shape wants');
  if (value === null && !nullable) throw new Error('null where the shape has none');
  if (value === null) return null;
  if (of.kind === 'list') return (value as unknown[]).map((item) => writeValue(of.item, item, variables));
  const data = value as Data;
  if (of.kind === 'object') return writeFields(of.fields, { data, variables, type: of.type });
  if (of.kind !== 'abstract') return value;
  const type = data['__typename'];
  if (type === undefined && of.untyped !== undefined)
    return writeFields(of.fieldLists[of.untyped] ?? [], { data, variables, type: of.type });
  const known = of.types.find(({ name }) => name === type);
  if (!known) throw new Error(`unknown type "${String(type)}" for ${of.type}`);
  return writeFields(of.fieldLists[known.fields] ?? [], { data, variables, type: known.name });
}
