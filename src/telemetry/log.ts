import { pino, type DestinationStream, type Logger } from 'pino';
import type { LogConfig, LogLevel, TelemetryConfig } from '../config/telemetry-types.ts';
import {
  publishLostLines,
  type CallEvent,
  type Events,
  type InternalErrorEvent,
  type LimitEvent,
  type NoticeEvent,
} from './channels.ts';
import { LimitTally } from './limit-tally.ts';
import { createAccessLog } from './logs/access-log.ts';
import { callLine } from './logs/call-line.ts';
import { describeError } from './logs/describe-error.ts';
import { createIsoClock, type IsoClock } from './logs/iso-clock.ts';
import { openOutput, type Output } from './logs/output.ts';
import { SlowOperations } from './logs/slow-operations.ts';
import { listenTo, listenToEnds } from './listen.ts';
import type { RequestRecord } from './record.ts';

export interface LogOptions {
  /** Default: standard output. */
  readonly destination?: DestinationStream;
  /** Named on each line. Default: none is. */
  readonly service?: Pick<TelemetryConfig['service'], 'name' | 'namespace' | 'instance'>;
}

export interface Log {
  /** The least severe level that is written now. */
  readonly level: LogLevel;
  readonly setLevel: (level: LogLevel) => void;
  /** Writes a line at `info` about the process itself, such as `started`, at once. */
  readonly tell: (message: string, fields?: Readonly<Record<string, unknown>>) => void;
  /** Listens no more, and writes what was gathered. */
  readonly stop: () => void;
}

/**
 * Writes what the stages publish, one JSON object a line: notices at their level, errors whose message clients do not
 * read, limits without room by number, requests and slow operations where the configuration says so, upstream calls at
 * `debug`. Bodies never get here, headers and variables only where the configuration asks for them.
 *
 * Lines are gathered for up to 200 ms, those of `warn` and above are written at once. All are written when the process
 * ends, by a signal that it handles or an error that nobody caught; SIGKILL loses what was gathered.
 */
export async function startLog(config: LogConfig, { destination, service }: LogOptions = {}): Promise<Log> {
  const clock = createIsoClock();
  const base = JSON.stringify(baseOf(service)).slice(1, -1);
  const output = await openOutput({
    format: config.format,
    destination,
    onLost: (lines) => {
      publishLostLines({ lines });
      log.warn({ lines }, 'lines of the log were lost, as its reader was too slow');
    },
  });
  const log = createLogger({ config, output, clock, base: baseOf(service) });
  const listeners = createListeners({ config, output, clock, base, log });
  const listening = new Map<Listener, Begun>();
  // Publishers build what they tell only where somebody listens.
  const listen = (isWanted: (listener: Listener) => boolean): void => {
    for (const listener of listeners) {
      const wanted = isWanted(listener);
      const begun = listening.get(listener);
      if (wanted === (begun !== undefined)) continue;
      if (wanted) listening.set(listener, begin(listener));
      else listening.delete(listener);
      begun?.stop();
    }
  };
  const listenByLevel = (): void => listen(({ level }) => log.isLevelEnabled(level));
  listenByLevel();
  const flush = (): void => {
    for (const begun of listening.values()) begun.flush?.();
  };
  // Before the output is written for the last time.
  process.prependListener('exit', flush);
  return {
    get level() {
      return log.level as LogLevel;
    },
    setLevel: (level) => {
      log.level = level;
      listenByLevel();
    },
    tell: (message, fields = {}) => {
      log.info(fields, message);
      output.flush();
    },
    stop: () => {
      process.off('exit', flush);
      listen(() => false);
      for (const { stop } of listeners) stop?.();
      output.close();
    },
  };
}

/** A listener that listens. */
interface Begun {
  readonly stop: () => void;
  readonly flush?: () => void;
}

function begin({ channel, hear }: Listener): Begun {
  return channel === 'weft:request.end' ? listenToEnds(hear) : { stop: listenTo(channel, hear) };
}

interface Parts {
  readonly config: LogConfig;
  readonly output: Output;
  readonly clock: IsoClock;
}

function baseOf(service: LogOptions['service']): Readonly<Record<string, string>> {
  if (!service) return {};
  const { name, namespace, instance } = service;
  return { service: name, ...(namespace && { serviceNamespace: namespace }), ...(instance && { instance }) };
}

const warnLevel = 40;

function createLogger({ config, output, clock, base }: Parts & { readonly base: object }): Logger {
  const destination = {
    [pino.symbols.needsMetadataGsym]: true as const,
    lastLevel: 0,
    write(line: string): void {
      output.write(line);
      if (this.lastLevel >= warnLevel) output.flush();
    },
  };
  const timestamp = (): string => `,"time":"${clock()}"`;
  return pino({ level: config.level, base, timestamp }, destination);
}

interface Listener {
  readonly channel: keyof Events;
  /** The least severe level that it writes at; it is not told what nobody would write. */
  readonly level: LogLevel;
  readonly hear: (event: unknown) => void;
  readonly stop?: () => void;
}

function createListeners({
  config,
  output,
  clock,
  base,
  log,
}: Parts & { readonly base: string; readonly log: Logger }): Listener[] {
  const { access, redact, slowerThanMs } = config;
  const listeners = [...eventListeners(log), limitListener(log)];
  if (access) {
    const write = createAccessLog({ access, redact, base, clock, isText: output.isText, write: output.write });
    listeners.push({ channel: 'weft:request.end', level: 'info', hear: (record) => write(record as RequestRecord) });
  }
  if (slowerThanMs > 0) {
    const slow = new SlowOperations({ slowerThanMs, tell: (fields) => log.warn(fields, 'slow operation') });
    listeners.push({ channel: 'weft:request.end', level: 'warn', hear: (record) => slow.see(record as RequestRecord) });
  }
  return listeners;
}

function eventListeners(log: Logger): readonly Listener[] {
  return [
    {
      channel: 'weft:notice',
      level: 'error',
      hear: (event) => {
        const { level, message, upstream } = event as NoticeEvent;
        log[level](upstream === undefined ? {} : { upstream }, message);
      },
    },
    {
      channel: 'weft:error',
      level: 'error',
      hear: (event) => {
        const { error, requestId } = event as InternalErrorEvent;
        const { fields, message } = describeError(error);
        log.error({ requestId, ...fields }, message);
      },
    },
    {
      channel: 'weft:upstream.end',
      level: 'debug',
      hear: (event) => log.debug(callLine(event as CallEvent), 'upstream call'),
    },
  ];
}

function limitListener(log: Logger): Listener {
  const measured = new LimitTally((count) => log.info(count, 'a limit that is only measured had no room'));
  const refused = new LimitTally((count) => log.info(count, 'a limit had no room'));
  return {
    channel: 'weft:limit',
    level: 'info',
    hear: (event) => {
      const { limit, outcome } = event as LimitEvent;
      (outcome === 'measured' ? measured : refused).add(limit);
    },
    stop: () => {
      measured.stop();
      refused.stop();
    },
  };
}
