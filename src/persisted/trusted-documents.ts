import { LRUCache } from 'lru-cache';
import type { ManifestOperation } from './manifest.ts';
import { normalForm, type KnownText } from './normal-form.ts';

const prefix = 'sha256:';

/** The documents of all manifests at one time. */
export class TrustedDocuments {
  readonly #byId = new Map<string, KnownText>();
  readonly #bySha256 = new Map<string, KnownText>();
  /** By text, as it stands in a manifest and in its normal form. */
  readonly #byText = new Map<string, KnownText>();
  // Each of its own: strangers' texts must not push out those that clients of the manifest's owner write differently.
  readonly #variants = new LRUCache<string, KnownText>(variantBounds);
  readonly #strangers = new LRUCache<string, true>(variantBounds);
  readonly #maxLength: number;

  /** @param operations Without two texts for one id. */
  constructor(operations: Iterable<ManifestOperation>) {
    let longest = 0;
    for (const { id, known } of operations) {
      this.#byId.set(id, known);
      this.#bySha256.set(known.sha256, known);
      this.#byText.set(known.text, known);
      if (!this.#byText.has(known.normal)) this.#byText.set(known.normal, known);
      longest = Math.max(longest, known.text.length);
    }
    this.#maxLength = longest * mostStretch + shortText;
  }

  /** How many ids there are. */
  get size(): number {
    return this.#byId.size;
  }

  /**
   * The document of an id: as its manifest has it, else the SHA-256 of its text, with or without the prefix `sha256:`.
   *
   * @see {@link https://github.com/graphql/graphql-over-http/pull/264 | GraphQL over HTTP, Appendix A Persisted Documents}
   */
  find(id: string): KnownText | undefined {
    const found = this.#byId.get(id) ?? this.#bySha256.get(id);
    if (found !== undefined || !id.startsWith(prefix)) return found;
    const payload = id.slice(prefix.length);
    return this.#byId.get(payload) ?? this.#bySha256.get(payload);
  }

  /** What is known of a text that stands in a manifest as it is. */
  exactly(text: string): KnownText | undefined {
    const found = this.#byText.get(text);
    return found?.text === text ? found : undefined;
  }

  /** The document that a text is, whatever its white space and comments. */
  match(text: string): KnownText | undefined {
    const known = this.#byText.get(text) ?? this.#variants.get(text);
    if (known !== undefined || this.#strangers.get(text) === true) return known;
    const found = this.#compare(text);
    const size = text.length * 2 + entryBytes;
    if (found === undefined) this.#strangers.set(text, true, { size });
    else this.#variants.set(text, found, { size });
    return found;
  }

  #compare(text: string): KnownText | undefined {
    // Reading a text takes time: what is far longer than every document is none of them, whatever it is.
    if (text.length > this.#maxLength) return undefined;
    try {
      return this.#byText.get(normalForm(text));
    } catch {
      return undefined;
    }
  }
}

/** How many times as long indentation may make a text, and what a short text may have of comments besides. */
const mostStretch = 16;
const shortText = 4096;

const entryBytes = 100;
const variantBounds = { maxSize: 4 * 1024 * 1024, maxEntrySize: 256 * 1024 };
