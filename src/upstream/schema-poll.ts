import { GatewayError } from '../errors.ts';
import { publishNotice } from '../telemetry/channels.ts';
import { acceptSchemaText, readSchemaText, type LoadedSchema, type SchemaSource } from './schema-source.ts';

export interface PolledSchema {
  /** `config.pollMs` is the time between two looks; 0 never looks. */
  readonly source: SchemaSource;
  /** What the gateway uses now. */
  readonly inUse: LoadedSchema;
}

/** Called with a schema that is new, or that its server stands behind again. One call at a time; may reject. */
export type SchemaChange = (name: string, loaded: LoadedSchema) => void | Promise<void>;

export interface SchemaPoll {
  /** Stops looking; resolves when nothing of it runs any more. No change is told after it was called. */
  readonly stop: () => Promise<void>;
}

/**
 * Looks at the upstreams' schemas from time to time. A schema counts as changed when its text differs from the one in
 * use, or when the one in use was a copy or missing. An upstream that gives none keeps the one in use. Looks at one
 * upstream never overlap, and its timers do not keep the process alive.
 */
export function pollUpstreamSchemas(polled: readonly PolledSchema[], onChange: SchemaChange): SchemaPoll {
  const leave = new AbortController();
  const tell = oneAtATime(onChange, leave.signal);
  const looking = polled
    .filter(({ source }) => source.config.pollMs > 0)
    .map((schema) => keepLooking(schema, { tell, signal: leave.signal }));
  return {
    stop: async () => {
      leave.abort();
      await Promise.all(looking);
    },
  };
}

/** Changes are told in turn: each builds a gateway of the schemas that are in use then. */
function oneAtATime(
  onChange: SchemaChange,
  signal: AbortSignal,
): (name: string, loaded: LoadedSchema) => Promise<void> {
  let last = Promise.resolve();
  return (name, loaded) => {
    last = last.then(async () => {
      if (signal.aborted) return;
      try {
        await onChange(name, loaded);
      } catch (cause) {
        const message = `the new schema of upstream "${name}" cannot be used: ${messageOf(cause)}`;
        publishNotice({ level: 'error', upstream: name, message });
      }
    });
    return last;
  };
}

interface Looking {
  readonly tell: (name: string, loaded: LoadedSchema) => Promise<void>;
  readonly signal: AbortSignal;
}

async function keepLooking({ source, inUse }: PolledSchema, { tell, signal }: Looking): Promise<void> {
  const { name, pollMs } = source.config;
  let current = inUse;
  let trouble = current.error?.message;
  while (await passed(pollMs, signal)) {
    try {
      const text = await readSchemaText({ ...source, signal });
      if (signal.aborted) return;
      const isSame = text === current.text && (current.state === 'live' || current.state === 'file');
      const loaded = isSame ? current : await acceptSchemaText(source, text);
      if (trouble !== undefined) {
        publishNotice({ level: 'info', upstream: name, message: `upstream "${name}" gives its schema again` });
      } else if (!isSame) {
        publishNotice({ level: 'info', upstream: name, message: `upstream "${name}" has a new schema` });
      }
      trouble = undefined;
      current = loaded;
      if (!isSame) await tell(name, loaded);
    } catch (cause) {
      if (signal.aborted) return;
      const reason = messageOf(cause);
      // Once for each reason: an upstream that stays down must not fill the log.
      if (reason !== trouble) {
        const message = `upstream "${name}" gives no schema (${reason}): the one in use stays`;
        publishNotice({ level: 'warn', upstream: name, message });
      }
      trouble = reason;
    }
  }
}

/** Resolves after the time with true, or with false as soon as `signal` aborts. */
function passed(waitMs: number, signal: AbortSignal): Promise<boolean> {
  return new Promise((resolve) => {
    if (signal.aborted) {
      resolve(false);
      return;
    }
    const finish = () => {
      signal.removeEventListener('abort', finish);
      clearTimeout(timer);
      resolve(!signal.aborted);
    };
    const timer = setTimeout(finish, waitMs).unref();
    signal.addEventListener('abort', finish);
  });
}

function messageOf(cause: unknown): string {
  if (cause instanceof GatewayError) return cause.message;
  return cause instanceof Error ? cause.message : String(cause);
}
