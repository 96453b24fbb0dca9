import type { GatewayError } from '../errors.ts';
import type { Member } from './members.ts';
import { isObject } from './quote.ts';

/** An error that waits at a place of the merged data until the answer is written. */
export interface Failure {
  readonly error: GatewayError;
  /** Where below the place it happened, in keys of the merged data; what lies between is null. */
  readonly below: readonly (string | number)[];
  /** Whether the error names its place; else it stands for whatever came back null. */
  readonly isExact: boolean;
  /** What the failed call was to give below the place, where the value itself has come from another call. */
  readonly members?: readonly Member[];
}

/** A list or an object of the merged data. */
export type Container = object;

const none: readonly Failure[] = [];

/**
 * The errors of one run, by place: an object or list of the merged data and a key of it. An object that stands at
 * several places of the answer has its errors at all of them. An error is shown where the value is null.
 */
export class Failures {
  readonly #byContainer = new Map<Container, Map<string | number, Failure[]>>();
  readonly #known = new Set<GatewayError>();
  readonly #shown = new Set<GatewayError>();

  /** Takes note of an error before it is known where it belongs. */
  learn(error: GatewayError): void {
    this.#known.add(error);
  }

  add(container: Container, key: string | number, failure: Failure): void {
    this.#known.add(failure.error);
    const keys = this.#byContainer.get(container) ?? new Map<string | number, Failure[]>();
    this.#byContainer.set(container, keys);
    const failures = keys.get(key);
    if (!failures) keys.set(key, [failure]);
    else if (!failures.some(({ error, below }) => error === failure.error && below.join() === failure.below.join())) {
      failures.push(failure);
    }
  }

  /** Those that name the place or one below it, else those that name none. */
  at(container: Container, key: string | number): readonly Failure[] {
    const failures = this.#byContainer.get(container)?.get(key);
    if (!failures) return none;
    const exact = failures.filter(({ isExact }) => isExact);
    return exact.length > 0 ? exact : failures.slice(0, 1);
  }

  /** A value that came although a call for it failed lacks what that call was to give of it. */
  spread(container: Container, key: string | number, value: unknown): void {
    for (const { error, members = [] } of this.#byContainer.get(container)?.get(key) ?? []) {
      if (members.length > 0) this.#spreadTo(value, members, error);
    }
  }

  #spreadTo(value: unknown, members: readonly Member[], error: GatewayError): void {
    if (Array.isArray(value)) for (const item of value) this.#spreadTo(item, members, error);
    else if (isObject(value)) {
      for (const member of members) {
        this.add(value, member.dataKey, { error, below: [], isExact: false, members: member.members });
      }
    }
  }

  show(error: GatewayError): void {
    this.#shown.add(error);
  }

  /** Errors that are at no place of the answer: they belong in the log. */
  unshown(): readonly GatewayError[] {
    return [...this.#known].filter((error) => !this.#shown.has(error));
  }
}
