import { randomBytes } from 'node:crypto';

const form = /zq[0-9a-f]{14}/g;

/** Values that may be told nowhere: planted with whatever a client or an upstream sends, and looked for in all output. */
export class Markers {
  /** What it was planted in, by the text that is looked for. */
  readonly #planted = new Map<string, string>();
  readonly #ofOwnForm = new Map<string, string>();

  /** A new text of 16 letters and digits. @param where For messages, such as `header cookie`. */
  plant(where: string): string {
    const text = `zq${randomBytes(7).toString('hex')}`;
    this.#planted.set(text, where);
    return text;
  }

  /** A text of a form of its own, such as an address. */
  plantText(where: string, text: string): string {
    this.#ofOwnForm.set(text.toLowerCase(), where);
    return text;
  }

  /**
   * Where the markers in the output were planted, each place once, and what stands around the first. They are found as they
   * are, in another case, in base64 at any place of a longer text, and in hexadecimal. What surrounds a marker may be written
   * anyhow, so that URL-encoded and JSON texts need no look of their own: letters and digits stay themselves there.
   */
  leaksIn(output: Uint8Array | string): readonly string[] {
    const text = typeof output === 'string' ? output : Buffer.from(output).toString('latin1');
    const leaks = new Map<string, string>();
    for (const [how, each] of [
      ['', text],
      ['in base64: ', inBase64(text)],
      ['in hexadecimal: ', inHexadecimal(text)],
    ] as const) {
      const tell = (where: string, at: number): void => {
        if (!leaks.has(where)) leaks.set(where, how + JSON.stringify(each.slice(Math.max(0, at - 120), at + 40)));
      };
      const lower = each.toLowerCase();
      for (const { 0: marker, index } of lower.matchAll(form)) {
        const where = this.#planted.get(marker);
        if (where !== undefined) tell(where, index);
      }
      for (const [marker, where] of this.#ofOwnForm) if (lower.includes(marker)) tell(where, lower.indexOf(marker));
    }
    return [...leaks].map(([where, how]) => `${where}: ${how}`);
  }
}

/** What stands in everything that may be base64 and is as long as a marker; where the first letter stands is not known. */
function inBase64(text: string): string {
  const runs = text.match(/[\w+/-]{21,}/g) ?? [];
  return runs
    .flatMap((run) => [0, 1, 2, 3].map((at) => Buffer.from(run.slice(at), 'base64').toString('latin1')))
    .join('\n');
}

function inHexadecimal(text: string): string {
  const runs = text.match(/[0-9a-f]{32,}/gi) ?? [];
  return runs.flatMap((run) => [0, 1].map((at) => Buffer.from(run.slice(at), 'hex').toString('latin1'))).join('\n');
}
