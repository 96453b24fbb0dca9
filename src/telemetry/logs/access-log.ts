import type { AccessLogConfig, LogConfig } from '../../config/telemetry-types.ts';
import type { RequestRecord } from '../record.ts';
import { createAccessFields } from './access-fields.ts';
import { createAccessSampler } from './access-sampling.ts';
import { accessText } from './access-text.ts';

export interface AccessLogParts {
  readonly access: AccessLogConfig;
  readonly redact: LogConfig['redact'];
  /** Whether lines are for people. */
  readonly isText: boolean;
  /** JSON of what each line says of the process, without braces; may be empty. */
  readonly base: string;
  readonly clock: () => string;
  readonly write: (line: string) => void;
}

const infoLevel = 30;

/**
 * Writes a line for each request. It is made by one `JSON.stringify`, as pino would make it, past pino: that costs half
 * as much, and there are as many as requests.
 */
export function createAccessLog(parts: AccessLogParts): (record: RequestRecord) => void {
  const { base, clock, write, isText } = parts;
  const sample = createAccessSampler(parts.access);
  const fieldsOf = createAccessFields(parts.access, parts.redact);
  const before = `{"level":${infoLevel},"time":"`;
  const afterTime = base === '' ? '",' : `",${base},`;
  return (record) => {
    const kept = sample(record);
    if (!kept) return;
    const message = isText ? JSON.stringify(accessText(record)) : '"request"';
    const fields = isText ? { requestId: record.requestId } : fieldsOf(record, kept);
    // There is at least the request id, so that no comma stands alone.
    write(`${before}${clock()}${afterTime}${JSON.stringify(fields).slice(1, -1)},"msg":${message}}\n`);
  };
}
