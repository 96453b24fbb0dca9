import type { AccessLogConfig, LogConfig } from '../../src/config/telemetry-types.ts';
import { startLog, type Log } from '../../src/telemetry/log.ts';
import { RequestRecord, type CallRecord, type OperationRun } from '../../src/telemetry/record.ts';

export type Line = Readonly<Record<string, unknown>>;

export const redactNothing: LogConfig['redact'] = { headers: [], queryParameters: [] };

/** As the configuration has it where it says nothing but `access: true`. */
export const plainAccess: AccessLogConfig = {
  rules: [],
  rate: 1,
  headers: [],
  variables: false,
  paths: false,
  addresses: 'none',
};

export const plainLog: LogConfig = {
  level: 'info',
  format: 'json',
  access: undefined,
  slowerThanMs: 0,
  redact: redactNothing,
};

/** What a log writes while `run` publishes, a text for each write. */
export async function textsOf(config: Partial<LogConfig>, run: (log: Log) => void): Promise<readonly string[]> {
  const texts: string[] = [];
  const log = await startLog({ ...plainLog, ...config }, { destination: { write: (text) => void texts.push(text) } });
  try {
    run(log);
  } finally {
    log.stop();
  }
  return texts;
}

/** The lines that a log writes while `run` publishes, without their time. */
export async function linesOf(config: Partial<LogConfig>, run: (log: Log) => void): Promise<readonly Line[]> {
  const texts = await textsOf(config, run);
  return texts.map((text) => {
    const { time, ...line } = JSON.parse(text) as Line;
    if (!/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/.test(String(time))) throw new Error(`no time in ${text}`);
    return line;
  });
}

type Writable<T> = { -readonly [K in keyof T]: T[K] };

type Parts = Partial<Writable<RequestRecord>>;

function withoutLists(parts: Parts): Omit<Parts, 'method' | 'headers' | 'runs' | 'calls' | 'errors'> {
  const { method: _method, headers: _headers, runs: _runs, calls: _calls, errors: _errors, ...rest } = parts;
  return rest;
}

/** A request that has ended after 12.5 ms, with these particulars. */
export function endedRecord(parts: Parts = {}): RequestRecord {
  const { method = 'POST', headers = {}, runs = [], calls = [], errors = [] } = parts;
  const { clientName: name, clientVersion: version, ...rest } = withoutLists(parts);
  const record = new RequestRecord(method, headers, () => ({ name, version }));
  Object.assign(record, { served: 'graphql', requestId: 'r1', route: '/graphql', status: 200 }, rest);
  record.endedAt = rest.endedAt ?? record.startedAt + 12.5;
  record.runs.push(...runs);
  record.calls.push(...calls);
  record.errors.push(...errors);
  return record;
}

export function operationRun(parts: Partial<OperationRun> = {}): OperationRun {
  return {
    operation: {
      name: 'Checkout',
      type: 'query',
      hash: () => 'abc123',
      plan: () => 'Fetch(users)',
      sensitiveVariables: new Set(),
    },
    engine: 'compiled',
    cache: undefined,
    planMs: 0,
    estimatedCost: undefined,
    actualCost: undefined,
    variables: {},
    ...parts,
  };
}

/** A call of `GET /users/{id}` that took 10 ms. */
export function callRecord(parts: Partial<CallRecord> = {}): CallRecord {
  const startedAt = parts.startedAt ?? performance.now();
  return {
    upstream: 'users',
    kind: 'rest',
    method: 'GET',
    template: '/users/{id}',
    operationName: undefined,
    spanId: '00f067aa0ba902b7',
    startedAt,
    target: 'http://name:hunter2@users.internal:8080/hunter2',
    sentAt: startedAt + 1,
    headersAt: startedAt + 9,
    endedAt: startedAt + 10,
    source: 'upstream',
    cache: undefined,
    status: 200,
    error: undefined,
    attempts: 1,
    batch: 1,
    isDetached: false,
    requestBytes: 0,
    responseBytes: 100,
    ...parts,
  };
}
