import type { AccessLogConfig, LogConfig } from '../../config/telemetry-types.ts';
import type { RequestRecord } from '../record.ts';
import { createAccessFields } from './access-fields.ts';
import { createAccessSampler } from './access-sampling.ts';
import { accessText } from './access-text.ts';
import type { IsoClock } from './iso-clock.ts';

export interface AccessLogParts {
  readonly access: AccessLogConfig;
  readonly redact: LogConfig['redact'];
  /** Whether lines are for people. */
  readonly isText: boolean;
  /** JSON of what each line says of the process, without braces; may be empty. */
  readonly base: string;
  readonly clock: IsoClock;
  readonly write: (line: string) => void;
}

const infoLevel = 30;

/**
 * Writes a line for each request, as pino would write it, past pino: that costs a fraction, and there are as many as
 * requests.
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
    const fields = isText ? `"requestId":${JSON.stringify(record.requestId)}` : fieldsOf(record, kept);
    const endedAt = Math.round(Date.now() - performance.now() + record.endedAt);
    write(`${before}${clock(endedAt)}${afterTime}${fields},"msg":${message}}\n`);
  };
}
