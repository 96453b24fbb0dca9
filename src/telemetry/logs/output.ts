import type { LogConfig } from '../../config/telemetry-types.ts';
import { LineWriter } from './line-writer.ts';
import { loadTextFormat } from './text-format.ts';

/** Takes what pino and the access log write. */
export interface Output {
  /** Whether people read it, and not programs. */
  readonly isText: boolean;
  /** @param line JSON with a line feed. */
  readonly write: (line: string) => void;
  /** Writes at once what was gathered. */
  readonly flush: () => void;
  /** Writes what was gathered, for good. */
  readonly close: () => void;
}

export interface OutputOptions {
  readonly format: LogConfig['format'];
  /** Default: standard output, written in pieces, whose rest is written when the process ends. */
  readonly destination: { readonly write: (text: string) => void } | undefined;
  readonly onLost: (lines: number) => void;
}

/** Opens what the log is written to. pino-pretty is loaded where text is wanted. */
export async function openOutput({ format, destination, onLost }: OutputOptions): Promise<Output> {
  const { stdout } = process;
  // Looked at in any case: Node then lets a pipe not block.
  const isTerminal = stdout.isTTY;
  const isText = format === 'text' || (format === 'auto' && isTerminal && destination === undefined);
  const toText = isText
    ? await loadTextFormat(destination === undefined && isTerminal && stdout.hasColors())
    : undefined;
  if (destination) {
    const write = (line: string): void => destination.write(toText ? toText(line) : line);
    return { isText, write, flush: () => {}, close: () => {} };
  }
  const writer = new LineWriter({ fd: stdout.fd, onLost });
  const close = (): void => {
    process.off('exit', close);
    writer.close();
  };
  process.on('exit', close);
  const writeText = (line: string, format_: (text: string) => string): void => {
    writer.write(format_(line));
    writer.flush();
  };
  return {
    isText,
    write: toText ? (line) => writeText(line, toText) : (line) => writer.write(line),
    flush: () => writer.flush(),
    close,
  };
}
