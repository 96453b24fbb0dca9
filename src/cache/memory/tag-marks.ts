/** When an entry came into memory, and until when its tags were found good: both count the marks that were made before. */
export interface Marked {
  readonly since: number;
  checkedAt: number;
}

const maxMarks = 50_000;

/**
 * Which tags were made invalid, and after which entries. An entry is looked up far more often than anything is made invalid:
 * so it is not found by its tags, but its tags are looked at once after each mark, when it is asked for. That costs an
 * entry nothing to come and to go, however many tags it has.
 */
export class TagMarks {
  readonly #marks = new Map<string, number>();
  #count = 0;
  /** Marks before this are forgotten: what came before it is not to be believed. */
  #floor = 0;

  get size(): number {
    return this.#marks.size;
  }

  /** For an entry that comes now. */
  begin(): Marked {
    return { since: this.#count, checkedAt: this.#count };
  }

  /** All entries that have the tag so far are no longer good. */
  mark(tag: string): void {
    this.#count += 1;
    this.#marks.set(tag, this.#count);
    if (this.#marks.size <= maxMarks) return;
    this.#marks.clear();
    this.#floor = this.#count;
  }

  /** Whether nothing was marked since its tags were last looked at: it is good, whatever they are. */
  isCurrent({ checkedAt }: Marked): boolean {
    return checkedAt === this.#count;
  }

  isGood(marked: Marked, tags: readonly string[]): boolean {
    if (this.isCurrent(marked)) return true;
    if (marked.since < this.#floor) return false;
    for (const tag of tags) if ((this.#marks.get(tag) ?? 0) > marked.since) return false;
    marked.checkedAt = this.#count;
    return true;
  }
}
