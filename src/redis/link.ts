import { publishNotice } from '../telemetry/channels.ts';

const failuresInARow = 3;
const probePauseMs = 1000;

export interface LinkOptions {
  /** Whether there is a connection. */
  readonly isReady: () => boolean;
  /** Fails wherever a look-up would; what else must be done before Redis is asked again. */
  readonly probe: () => Promise<unknown>;
  /** What operators are told; undefined: nothing, as another link to the same Redis tells them. */
  readonly notices: { readonly down: string; readonly up: string } | undefined;
}

/**
 * Whether Redis is asked. It is not while the connection is lost, nor after three failures in a row; then it is tried once a
 * second, by nobody's request, until it answers. Operators are told of both, once each.
 */
export class Link {
  readonly #options: LinkOptions;
  #failures = 0;
  #isDown = false;
  #isProbing = false;
  #isClosed = false;
  #timer: NodeJS.Timeout | undefined;

  constructor(options: LinkOptions) {
    this.#options = options;
  }

  isUp(): boolean {
    if (this.#isDown) return false;
    if (this.#options.isReady()) return true;
    this.fall('there is no connection');
    return false;
  }

  succeeded(): void {
    this.#failures = 0;
  }

  failed(reason: string): void {
    this.#failures += 1;
    if (this.#failures >= failuresInARow || !this.#options.isReady()) this.fall(reason);
  }

  /** At once, whatever went well before. */
  fall(reason: string): void {
    if (this.#isDown || this.#isClosed) return;
    this.#isDown = true;
    const { notices } = this.#options;
    if (notices) publishNotice({ level: 'warn', message: `${notices.down}: ${reason}` });
    this.#probeLater();
  }

  /** The connection is there, perhaps again: no need to wait for the next try. */
  connected(): void {
    if (this.#isDown) this.#probe();
  }

  close(): void {
    this.#isClosed = true;
    clearTimeout(this.#timer);
  }

  #probeLater(): void {
    clearTimeout(this.#timer);
    if (!this.#isClosed) this.#timer = setTimeout(() => this.#probe(), probePauseMs).unref();
  }

  #probe(): void {
    if (this.#isProbing || this.#isClosed) return;
    if (!this.#options.isReady()) {
      this.#probeLater();
      return;
    }
    this.#isProbing = true;
    const end = (isGood: boolean): void => {
      this.#isProbing = false;
      if (isGood) this.#rise();
      else this.#probeLater();
    };
    this.#options.probe().then(
      () => end(true),
      () => end(false),
    );
  }

  #rise(): void {
    clearTimeout(this.#timer);
    this.#isDown = false;
    this.#failures = 0;
    const { notices } = this.#options;
    if (notices && !this.#isClosed) publishNotice({ level: 'info', message: notices.up });
  }
}
