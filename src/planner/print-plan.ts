import type { Condition, EntityTarget, Fetch, Path, Plan, RepresentationField, Selection } from './plan.ts';
import { printConditions, printFieldHead } from './print-operation.ts';

/** A plan in the textual form of federation tools: waves as `Sequence`, the fetches of a wave as `Parallel`. */
export function printPlan(plan: Plan): string {
  const waves = wavesOf(plan).map((wave) =>
    group(
      'Parallel',
      wave.map((fetch) => printFetch(fetch)),
    ),
  );
  const [body] = waves.length === 0 ? [] : [group('Sequence', waves)];
  return body === undefined ? 'QueryPlan {}\n' : `${block('QueryPlan', body)}\n`;
}

/** Fetches by the earliest wave they can start in. */
export function wavesOf({ fetches }: Plan): readonly (readonly Fetch[])[] {
  const levels: number[] = [];
  const waves: Fetch[][] = [];
  for (const fetch of fetches) {
    const level = fetch.after.reduce((highest, id) => Math.max(highest, (levels[id] ?? 0) + 1), 0);
    levels[fetch.id] = level;
    (waves[level] ??= []).push(fetch);
  }
  return waves;
}

function group(kind: 'Sequence' | 'Parallel', parts: readonly string[]): string {
  return parts.length === 1 && parts[0] !== undefined ? parts[0] : block(kind, parts.join('\n'));
}

function block(head: string, body: string, tail = '}'): string {
  return `${head} {\n${indent(body)}\n${tail}`;
}

function indent(text: string): string {
  return text.replaceAll(/^(?=.)/gm, '  ');
}

function printFetch(fetch: Fetch): string {
  const body =
    fetch.target === 'root'
      ? block(fetch.kind === 'query' ? '' : fetch.kind, printSelections(fetch.selections)).trimStart()
      : fetch.targets.map((target) => printTarget(target, fetch.targets.length > 1)).join('\n');
  const text = block(`Fetch(service: "${fetch.upstream}")`, body);
  const [path, ...others] = fetch.target === 'root' ? [fetch.at] : fetch.targets.flatMap(({ paths }) => paths);
  const isFlat = path !== undefined && path.length > 0 && others.length === 0;
  const placed = isFlat
    ? block(`Flatten(path: "${printPath(path)}")`, text)
    : others.length > 0
      ? block('BatchFetch', text)
      : text;
  return conditional(fetch.conditions, placed);
}

function conditional(conditions: readonly Condition[], text: string): string {
  return conditions.reduceRight(
    (inner, { variable, is }) => block(`${is ? 'Include' : 'Skip'}(if: $${variable})`, inner),
    text,
  );
}

/** A call for several targets or paths names each of them beside what it asks. */
function printTarget(target: EntityTarget, isOneOfMany: boolean): string {
  const representation = block(
    `... on ${target.type}`,
    ['__typename', ...target.representation.map(printMember)].join('\n'),
  );
  const asked = block(`... on ${target.type}`, printSelections(target.selections));
  const entities = `{\n${indent(representation)}\n} =>\n{\n${indent(asked)}\n}`;
  if (!isOneOfMany && target.paths.length === 1) return entities;
  const paths = target.paths.map((path) => `"${printPath(path)}"`).join(', ');
  return conditional(target.conditions, `${target.alias}(paths: [${paths}]) ${entities}`);
}

function printMember({ name, dataKey, on, fields }: RepresentationField): string {
  const head = dataKey === name ? name : `${name}: ${dataKey}`;
  const text = fields ? block(head, fields.map(printMember).join('\n')) : head;
  return on ? on.map((type) => block(`... on ${type}`, text)).join('\n') : text;
}

function printSelections(selections: readonly Selection[]): string {
  return selections.map(printSelection).join('\n');
}

function printSelection(selection: Selection): string {
  const head =
    selection.select === 'fragment'
      ? `... on ${selection.type}`
      : `${printFieldHead(selection)}${printConditions(selection.conditions)}`;
  return selection.selections.length > 0 ? block(head, printSelections(selection.selections)) : head;
}

/** `products.@.author|[User]`: `@` for each item of a list, `|[A,B]` for the types that pass. */
export function printPath(path: Path): string {
  return path
    .map((part) =>
      part.step === 'field' ? `.${part.key}` : part.step === 'each' ? '.@' : `|[${part.types.join(',')}]`,
    )
    .join('')
    .replace(/^\./, '');
}
