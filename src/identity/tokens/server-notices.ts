import { publishNotice } from '../../telemetry/channels.ts';

/** Tells operators when something of an identity server fails first, and when it works again; not of what repeats. */
export class ServerNotices {
  readonly #what: string;
  #isFailing = false;

  /** @param what Such as `keys of provider "jwt"`. */
  constructor(what: string) {
    this.#what = what;
  }

  /** @param reason For the log; without tokens and keys. */
  failed(reason: string): void {
    if (this.#isFailing) return;
    this.#isFailing = true;
    publishNotice({ level: 'warn', message: `${this.#what} cannot be had: ${reason}` });
  }

  worked(): void {
    if (!this.#isFailing) return;
    this.#isFailing = false;
    publishNotice({ level: 'info', message: `${this.#what} can be had again` });
  }
}
