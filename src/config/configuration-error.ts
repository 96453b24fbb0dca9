import { GatewayError } from '../errors.ts';

/** One thing that is wrong in a gateway's folder. */
export interface ConfigurationIssue {
  /** Relative to the gateway's folder; `''` where the problem is in no file of it. */
  readonly file: string;
  /** From 1; 0 where the problem is the file as a whole. */
  readonly line: number;
  /** From 1; 0 where the problem is the file as a whole. */
  readonly column: number;
  /** What was expected and what came. Holds no secret: see `printValue`. */
  readonly message: string;
}

/** All that is wrong with a configuration, each once; the message has one line an issue, as `printIssue` writes it. */
export class ConfigurationError extends GatewayError {
  readonly issues: readonly ConfigurationIssue[];

  constructor(issues: readonly ConfigurationIssue[]) {
    const byLine = new Map(issues.map((issue) => [printIssue(issue), issue]));
    super('CONFIGURATION_INVALID', [...byLine.keys()].join('\n'));
    this.issues = [...byLine.values()];
  }
}

/** `gateway.yaml:12:5 port: expected an integer from 0 to 65535, got "abc"`. */
export function printIssue({ file, line, column, message }: ConfigurationIssue): string {
  if (file === '') return message;
  return line === 0 ? `${file}: ${message}` : `${file}:${line}:${column} ${message}`;
}
