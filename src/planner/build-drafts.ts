import type { FieldSet, JoinGraph } from '../composition/join-graph/types.ts';
import type { EntityChoice, Picked, Place, Solution, Want } from './choice.ts';
import { conditionsText, withCondition } from './conditions.ts';
import type { Position } from './data-keys.ts';
import { addField, draftSelection, pathText, type Draft, type DraftPath, type DraftSelection } from './draft.ts';
import type { Condition, OperationKind } from './plan.ts';
import { addMembers, representationOf } from './representation.ts';

/** Where a solution is carried out: an object in a draft's answer. */
interface Site {
  readonly draft: Draft;
  readonly selection: DraftSelection;
  readonly position: Position;
  readonly path: DraftPath;
  /** Object types that everything here is for; absent: all. */
  readonly on?: readonly string[];
  /** Conditions of all that is around it: the same object may be selected under others, too. */
  readonly above: readonly Condition[];
  /** Those of them that a field selected here must say itself, as nothing around it in its call does. */
  readonly unsaid: readonly Condition[];
}

/** What representations ask is selected under the conditions of what needs it. */
interface Carrying {
  readonly conditions: readonly Condition[];
}

const unconditional: Carrying = { conditions: [] };

/** Carries a search's solution out: the choices for each field become drafts that depend on each other. */
export class DraftBuilder {
  readonly drafts: Draft[] = [];
  readonly #graph: JoinGraph;
  readonly #byKey = new Map<string, Draft>();

  constructor(graph: JoinGraph) {
    this.#graph = graph;
  }

  /**
   * Root fields of one operation. A draft is shared by all root fields of one upstream whose `turn` is the same; its
   * answer comes after those of `after`.
   */
  addRoot(
    solution: Solution,
    position: Position,
    { kind, turn, after }: { readonly kind: OperationKind; readonly turn: number; readonly after: readonly Draft[] },
  ): void {
    for (const picked of solution.picked) {
      if (picked.choice.how !== 'root') continue;
      const { place, inner } = picked.choice;
      const draft = this.#draft(`root|${turn}|${place.upstream}`, { kind, place, path: [] });
      for (const earlier of after) draft.after.add(earlier);
      const site = { draft, selection: draft.selection, position, path: [], above: [], unsaid: [] };
      this.#carryOut(inner, site, unconditional);
    }
  }

  /** Adds what a solution selects; gives the drafts whose answers bring it. */
  #carryOut(solution: Solution, site: Site, carrying: Carrying): Set<Draft> {
    const bringing = new Set<Draft>();
    for (const picked of solution.picked)
      for (const draft of this.#carryOutOne(picked, site, carrying)) bringing.add(draft);
    return bringing;
  }

  #carryOutOne({ want, choice }: Picked, site: Site, carrying: Carrying): ReadonlySet<Draft> {
    switch (choice.how) {
      case 'known':
        if (want.name === '__typename') this.#noteTypename(site);
        return new Set([site.draft]);
      case 'here':
        return this.#select(want, choice, { site, carrying });
      case 'entity':
        return this.#callEntity(want, choice, { site, carrying });
      case 'root':
        return this.#callRoot(choice, site, carrying);
      default:
        return choice satisfies never;
    }
  }

  #noteTypename({ selection }: Site): void {
    if (this.#isAbstract(selection)) selection.needsTypename = true;
  }

  #isInterfaceObject({ upstream, type }: DraftSelection): boolean {
    return this.#graph.types.get(type)?.upstreams.get(upstream)?.isInterfaceObject === true;
  }

  #isAbstract(selection: DraftSelection): boolean {
    return this.#graph.types.get(selection.type)?.kind !== 'object' && !this.#isInterfaceObject(selection);
  }

  #select(
    want: Want,
    choice: { readonly place: Place; readonly inner: Solution },
    { site, carrying }: { readonly site: Site; readonly carrying: Carrying },
  ): ReadonlySet<Draft> {
    const dataKey = want.dataKey ?? site.position.keys.keyFor(want, want.name);
    const on = bothTypes(want.on, site.on);
    const conditions = bothConditions(site.unsaid, want.conditions ?? carrying.conditions);
    const supergraphType = this.#graph.types.get(want.parentType)?.fields.get(want.name)?.type;
    const field = addField(site.selection, {
      name: want.name,
      dataKey,
      arguments: want.arguments,
      variables: want.variables ?? [],
      conditions,
      ...(on && { on }),
      ...(want.fields && { selection: draftSelection(choice.place.upstream, choice.place.type) }),
    });
    if (on) this.#noteTypename(site);
    if (!field.selection || !supergraphType) return new Set([site.draft]);
    this.#noteAbstract(field.selection, supergraphType.name);
    const narrowed = on ? this.#typeStep(site, on) : [];
    const down: DraftPath = [
      { step: 'field', key: dataKey },
      ...Array.from({ length: supergraphType.lists }, () => ({ step: 'each' }) as const),
    ];
    const bringing = this.#carryOut(
      choice.inner,
      {
        draft: site.draft,
        selection: field.selection,
        position: site.position.below(dataKey),
        path: [...site.path, ...narrowed, ...down],
        above: bothConditions(site.above, conditions),
        unsaid: [],
      },
      unconditional,
    );
    return bringing.add(site.draft);
  }

  /** An object that may be of several types for the client has its `__typename` read, unless the upstream cannot tell. */
  #noteAbstract(selection: DraftSelection, supergraphType: string): void {
    if (this.#graph.types.get(supergraphType)?.kind !== 'object' && !this.#isInterfaceObject(selection))
      selection.needsTypename = true;
  }

  #typeStep({ selection }: Site, types: readonly string[]): DraftPath {
    if (!this.#isAbstract(selection)) return [];
    const all = this.#graph.types.get(selection.type)?.upstreams.get(selection.upstream)?.possible ?? types;
    return [{ step: 'type', types, all }];
  }

  #callEntity(
    want: Want,
    choice: EntityChoice,
    { site, carrying }: { readonly site: Site; readonly carrying: Carrying },
  ): ReadonlySet<Draft> {
    const isTyped = this.#isAbstract(site.selection);
    const on = isTyped ? bothTypes(want.on, site.on) : undefined;
    const from: Site = { ...site, ...(on && { on }) };
    const needed = { conditions: bothConditions(site.unsaid, want.conditions ?? carrying.conditions) };
    const above = bothConditions(site.above, needed.conditions);
    const inputs = this.#carryOut(choice.keySolution, from, needed);
    if (choice.requiresSolution)
      for (const draft of this.#carryOut(choice.requiresSolution, from, needed)) inputs.add(draft);
    const path = on ? [...site.path, ...this.#typeStep(site, on)] : site.path;
    if (on) this.#noteTypename(site);
    const { key, requires, place } = choice;
    const identity = `${place.upstream}|${place.type}|${pathText(path)}|${key.text}|${requires?.text ?? ''}|${site.draft.id}`;
    const draft = this.#draft(identity, { kind: 'query', place, path, keyText: key.text });
    for (const input of [site.draft, ...inputs]) draft.after.add(input);
    this.#addRepresentation(draft, from, { fields: key.fields, required: false });
    if (requires) {
      this.#addRepresentation(draft, from, { fields: requires.fields, required: true });
      draft.entity?.requiredUnder.add(conditionsText(above));
    }
    const { position } = site;
    const target = { draft, selection: draft.selection, position, path, above, unsaid: above };
    const bringing = this.#carryOut(choice.inner, target, needed);
    return bringing.add(draft);
  }

  #addRepresentation(
    draft: Draft,
    { position }: Site,
    { fields, required }: { readonly fields: FieldSet; readonly required: boolean },
  ): void {
    if (draft.entity)
      addMembers(draft.entity.representation, representationOf(this.#graph, fields, { position, required }));
  }

  #callRoot(
    choice: { readonly place: Place; readonly inner: Solution },
    site: Site,
    carrying: Carrying,
  ): ReadonlySet<Draft> {
    const { place, inner } = choice;
    const identity = `reentry|${place.upstream}|${pathText(site.path)}|${site.draft.id}`;
    const draft = this.#draft(identity, { kind: 'query', place, path: site.path });
    draft.after.add(site.draft);
    const { position, path, above } = site;
    const target = { draft, selection: draft.selection, position, path, above, unsaid: above };
    return this.#carryOut(inner, target, carrying).add(draft);
  }

  #draft(
    identity: string,
    { kind, place, path, keyText }: { kind: OperationKind; place: Place; path: DraftPath; keyText?: string },
  ): Draft {
    const known = this.#byKey.get(identity);
    if (known) return known;
    const draft: Draft = {
      id: this.drafts.length,
      upstream: place.upstream,
      kind,
      ...(keyText !== undefined && {
        entity: { type: place.type, keyText, representation: new Map(), requiredUnder: new Set() },
      }),
      path,
      selection: draftSelection(place.upstream, place.type),
      after: new Set(),
    };
    this.drafts.push(draft);
    this.#byKey.set(identity, draft);
    return draft;
  }
}

function bothConditions(first: readonly Condition[], second: readonly Condition[]): readonly Condition[] {
  // What contradicts never holds, and must not look like what does.
  return second.reduce((all, condition) => {
    const isIn = all.some(({ variable, is }) => variable === condition.variable && is === condition.is);
    return isIn ? all : (withCondition(all, condition) ?? [...all, condition]);
  }, first);
}

function bothTypes(first: readonly string[] | undefined, second: readonly string[] | undefined) {
  if (!first || !second) return first ?? second;
  return first.filter((type) => second.includes(type));
}
