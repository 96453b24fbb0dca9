import { GatewayError } from '../errors.ts';
import type { Member } from './members.ts';

interface Absence {
  readonly object: object;
  readonly members: readonly Member[];
  readonly upstream: string;
}

/**
 * Entities that an upstream was asked for and does not have, without any error, and objects that hold no key to ask by.
 * What was to be asked stays null; where such a null may not be, the object whose entity is missing becomes null, as a
 * look-up that finds nothing would.
 */
export class Absences {
  /** Only read where a null may not be, so nothing is looked up or built before. */
  readonly #all: Absence[] = [];

  add(absence: Absence): void {
    this.#all.push(absence);
  }

  /** What to say where not even the object may be null; undefined where no absence left the member empty. */
  at(object: object, key: string | number): GatewayError | undefined {
    const found = this.#all.find(
      (each) => each.object === object && each.members.some(({ dataKey }) => dataKey === key),
    );
    if (!found) return undefined;
    const { upstream } = found;
    const message = `upstream "${upstream}" has no entity of a key that another upstream gave`;
    return new GatewayError('UPSTREAM_BAD_RESPONSE', message, { upstream });
  }
}
