import type { Call } from '../call.ts';
import { addField, pathText, type Draft, type DraftPath, type DraftSelection } from '../draft.ts';
import type { RepresentationField } from '../plan.ts';
import { addMembers, canMerge } from '../representation.ts';

/** Entities of one type by one key, before they are written down. */
export interface EntityGroup {
  readonly type: string;
  readonly paths: readonly DraftPath[];
  readonly representation: ReadonlyMap<string, RepresentationField>;
  readonly selection: DraftSelection;
}

/**
 * Drafts of one call that ask the same objects by the same key become one: they are asked once, for everything. Those
 * that require fields stay apart from those that do not, so that a failure of what is required costs no others.
 */
export function mergeEntities(call: Call): readonly EntityGroup[] {
  const same = Map.groupBy(
    call.drafts.filter(({ entity }) => entity !== undefined),
    ({ entity, path }) => `${entity?.type}|${entity?.keyText}|${pathText(path)}`,
  );
  return [...same.values()].flatMap((drafts) => compatible(drafts).map(mergeDrafts));
}

/**
 * Drafts that require one field with different arguments cannot share a representation, which has one place for it. Nor
 * can those whose required fields are there under conditions that do not hold for the others.
 */
function compatible(drafts: readonly Draft[]): readonly (readonly Draft[])[] {
  const groups: Draft[][] = [];
  for (const draft of drafts) {
    const group = groups.find((others) => others.every((other) => canShare(other, draft)));
    if (group) group.push(draft);
    else groups.push([draft]);
  }
  return groups;
}

function canShare(a: Draft, b: Draft): boolean {
  return canMerge(membersOf(a), membersOf(b)) && haveSameInputs(a, b);
}

function haveSameInputs({ entity: a }: Draft, { entity: b }: Draft): boolean {
  const [first, second] = [a?.requiredUnder ?? new Set<string>(), b?.requiredUnder ?? new Set<string>()];
  // Where what is required could not be had, what needs only the key is still asked for: each has a representation.
  if (first.size === 0 || second.size === 0) return first.size === second.size;
  const isAlways = [first, second].every((under) => under.has(''));
  return isAlways || (first.size === second.size && [...first].every((text) => second.has(text)));
}

function membersOf({ entity }: Draft): Iterable<RepresentationField> {
  return entity?.representation.values() ?? [];
}

function mergeDrafts(drafts: readonly Draft[]): EntityGroup {
  const [first] = drafts;
  if (!first?.entity) throw new TypeError('only drafts of entities can be merged');
  const representation = new Map<string, RepresentationField>();
  for (const draft of drafts) addMembers(representation, membersOf(draft));
  for (const { selection } of drafts.slice(1)) mergeSelection(first.selection, selection);
  dropKnown(first.selection, representation);
  return { type: first.entity.type, paths: [first.path], representation, selection: first.selection };
}

/** What is sent in the representation is in the data already. */
function dropKnown({ fields }: DraftSelection, representation: ReadonlyMap<string, RepresentationField>): void {
  for (const [key, field] of fields) {
    const member = representation.get(field.name);
    if (member && member.dataKey === field.dataKey && !field.selection) fields.delete(key);
  }
}

function mergeSelection(into: DraftSelection, from: DraftSelection): void {
  if (from.needsTypename) into.needsTypename = true;
  for (const field of from.fields.values()) {
    const known = addField(into, field);
    if (known !== field && known.selection && field.selection) mergeSelection(known.selection, field.selection);
  }
}
