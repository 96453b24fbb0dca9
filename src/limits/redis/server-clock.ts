// An estimate that is older is given up for a new one: clocks drift.
const keptMs = 10_000;

/**
 * What Redis's clock says at a moment of ours, from the times in its answers. A request that stopped waiting must not be
 * charged later, when Redis wakes up: so each call says until when it waits, by Redis's clock.
 */
export class ServerClock {
  /** Redis's time less ours: as it is or greater, as the way there takes time. */
  #aheadMs: number | undefined;
  #learnedAt = 0;

  /** The same moment by Redis's clock or a little later, in whole milliseconds; 0 where nothing is known yet. */
  at(moment: number): number {
    return this.#aheadMs === undefined ? 0 : Math.ceil(moment + this.#aheadMs) + 1;
  }

  /** Redis said that it was `serverNow` at some time after `sentAt` (`performance.now()`). */
  learn(serverNow: number, sentAt: number): void {
    const aheadMs = serverNow - sentAt;
    if (this.#aheadMs === undefined || aheadMs < this.#aheadMs || sentAt - this.#learnedAt > keptMs) {
      this.#aheadMs = aheadMs;
      this.#learnedAt = sentAt;
    }
  }

  /** After this, nothing is known: another server answers, or its clock was set. */
  forget(): void {
    this.#aheadMs = undefined;
  }
}
