import { Kind, type ConstValueNode, type TypeNode } from 'graphql';
import type { ContractRules } from './contract.ts';
import type { Element, Elements, FieldElement, InputElement, TypeElement } from './contract-elements.ts';
import { namedType } from '../definitions.ts';

/** The places that an audience does not see: by their tags, and what cannot be without what goes. Pure. */
export function hiddenPlaces(elements: Elements, rules: ContractRules): ReadonlySet<string> {
  const hidden = hiddenByTags(elements, rules);
  const hiding = new Hiding(elements, hidden);
  hiding.hideDependents();
  const reachable = reachableTypes(elements, hidden);
  for (const { place, name } of elements.types.values()) if (!reachable.has(name)) hidden.add(place);
  return hidden;
}

function hiddenByTags({ types }: Elements, { include, exclude }: ContractRules): Set<string> {
  const hidden = new Set<string>();
  const hide = (element: Element): boolean => {
    const isOut = element.isInaccessible || exclude.some((tag) => element.tags.has(tag));
    if (isOut) hidden.add(element.place);
    return isOut;
  };
  const isIncluded = (...tagged: readonly Element[]): boolean =>
    include.length === 0 || tagged.some(({ tags }) => include.some((tag) => tags.has(tag)));
  for (const type of types.values()) {
    if (!hide(type) && type.kind === Kind.UNION_TYPE_DEFINITION && !isIncluded(type)) hidden.add(type.place);
    for (const member of [...type.inputs, ...type.values]) hide(member);
    for (const field of type.fields) {
      if (!hide(field) && !isIncluded(type, field)) hidden.add(field.place);
      for (const input of field.inputs) hide(input);
    }
  }
  return hidden;
}

/** Hides what cannot be without something that is hidden, until nothing more follows. */
class Hiding {
  readonly #elements: Elements;
  readonly #hidden: Set<string>;
  #changed = false;

  constructor(elements: Elements, hidden: Set<string>) {
    this.#elements = elements;
    this.#hidden = hidden;
  }

  hideDependents(): void {
    do {
      this.#changed = false;
      for (const type of this.#elements.types.values()) if (this.#sees(type)) this.#checkType(type);
      for (const input of this.#elements.directiveInputs) this.#checkInput(input);
    } while (this.#changed);
  }

  #sees({ place }: Element): boolean {
    return !this.#hidden.has(place);
  }

  #hide({ place }: Element): void {
    if (this.#hidden.has(place)) return;
    this.#hidden.add(place);
    this.#changed = true;
  }

  #hasType(name: string): boolean {
    return !this.#hidden.has(name);
  }

  #checkType(type: TypeElement): void {
    for (const field of type.fields) {
      if (this.#sees(field)) this.#checkField(field);
      this.#checkInterfaces(type, field);
    }
    for (const input of type.inputs) this.#checkInput(input);
    // A required field that is hidden could not be given.
    const isGivable = type.inputs.every((input) => this.#sees(input) || !input.isRequired);
    if (!isGivable || this.#isEmpty(type)) this.#hide(type);
  }

  #checkField(field: FieldElement): void {
    for (const input of field.inputs) this.#checkInput(input);
    const isAskable = field.inputs.every((input) => this.#sees(input) || !input.isRequired);
    if (!isAskable || !this.#hasType(field.type)) this.#hide(field);
  }

  /** What a type does not have, no interface may say that it has: a client could ask for it through the interface. */
  #checkInterfaces(type: TypeElement, field: FieldElement): void {
    for (const name of type.interfaces) {
      const promised = this.#elements.types.get(name)?.fields.find((each) => each.name === field.name);
      if (!promised) continue;
      if (!this.#sees(field)) this.#hide(promised);
      for (const input of promised.inputs) {
        const own = field.inputs.find((each) => each.name === input.name);
        if (own && !this.#sees(own)) this.#hide(input);
      }
    }
  }

  #checkInput(input: InputElement): void {
    if (!this.#hasType(namedType(input.type)) || this.#names(input.defaultValue, input.type)) this.#hide(input);
  }

  /** Whether a default value names an enum value or input field that is hidden: clients may read it. */
  #names(value: ConstValueNode | undefined, type: TypeNode): boolean {
    const named = namedType(type);
    if (value?.kind === Kind.LIST) return value.values.some((each) => this.#names(each, type));
    if (value?.kind === Kind.ENUM) return this.#hidden.has(`${named}.${value.value}`);
    if (value?.kind !== Kind.OBJECT) return false;
    const inputs = this.#elements.types.get(named)?.inputs ?? [];
    return value.fields.some(({ name, value: inner }) => {
      const input = inputs.find((each) => each.name === name.value);
      return input !== undefined && (!this.#sees(input) || this.#names(inner, input.type));
    });
  }

  #isEmpty({ kind, fields, inputs, values, members }: TypeElement): boolean {
    const parts: readonly boolean[] = [...fields, ...inputs, ...values].map((each) => this.#sees(each));
    const all = [...parts, ...members.map((name) => this.#hasType(name))];
    return kind !== Kind.SCALAR_TYPE_DEFINITION && !all.includes(true);
  }
}

/** The types that clients may come to from the root types, through what they see. */
function reachableTypes({ types, directiveInputs, roots }: Elements, hidden: ReadonlySet<string>): ReadonlySet<string> {
  const reachable = new Set<string>();
  const pending: string[] = Object.values(roots);
  const sees = ({ place }: Element): boolean => !hidden.has(place);
  const inputTypes = (inputs: readonly InputElement[]): string[] =>
    inputs.filter(sees).map((input) => namedType(input.type));
  const implementing = Map.groupBy(
    [...types.values()].flatMap(({ name, interfaces }) => interfaces.map((each) => ({ name, each }))),
    ({ each }) => each,
  );
  pending.push(...inputTypes(directiveInputs));
  for (let name = pending.pop(); name !== undefined; name = pending.pop()) {
    const type = types.get(name);
    if (!type || reachable.has(name) || !sees(type)) continue;
    reachable.add(name);
    for (const field of type.fields.filter(sees)) pending.push(field.type, ...inputTypes(field.inputs));
    const implementers = implementing.get(name)?.map((each) => each.name) ?? [];
    pending.push(...inputTypes(type.inputs), ...type.interfaces, ...type.members, ...implementers);
  }
  return reachable;
}
