import type { LogLevel } from '../../config/telemetry-types.ts';
import { publishNotice } from '../channels.ts';

/** What is switched: a log. */
export interface Levelled {
  readonly level: LogLevel;
  readonly setLevel: (level: LogLevel) => void;
}

/** Changes the level of a log while it is written, and says so each time. */
export class LevelSwitch {
  readonly #log: Levelled;
  #configured: LogLevel;

  constructor(log: Levelled) {
    this.#log = log;
    this.#configured = log.level;
  }

  /** From the configured level to `debug`, and back. */
  toggle(): void {
    const isConfigured = this.#log.level === this.#configured;
    // Where `debug` is configured, there is nothing to go to.
    this.#set(isConfigured ? 'debug' : this.#configured, 'asked for by SIGUSR2');
  }

  /** The configuration has this level now. */
  configure(level: LogLevel): void {
    if (level === this.#configured) return;
    this.#configured = level;
    this.#set(level, 'as gateway.yaml now has it');
  }

  #set(level: LogLevel, why: string): void {
    const message = `the log's level is ${level}, ${why}`;
    const tell = (): void => publishNotice({ level: 'info', message });
    // Told at the level that lets it be read, where one of the two does.
    if (isAtLeastInfo(level)) {
      this.#log.setLevel(level);
      tell();
    } else {
      tell();
      this.#log.setLevel(level);
    }
  }
}

function isAtLeastInfo(level: LogLevel): boolean {
  return level === 'trace' || level === 'debug' || level === 'info';
}

/** Toggles at each SIGUSR2, which Windows does not have. Returns what undoes it. */
export function toggleOnSignal(levelSwitch: Pick<LevelSwitch, 'toggle'>): () => void {
  if (process.platform === 'win32') return () => {};
  const toggle = (): void => levelSwitch.toggle();
  process.on('SIGUSR2', toggle);
  return () => {
    process.off('SIGUSR2', toggle);
  };
}
