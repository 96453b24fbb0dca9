import { readFileSync } from 'node:fs';
import { parse } from 'yaml';

/** A rule of Prometheus: it records, or it alerts. */
export interface Rule {
  readonly record?: string;
  readonly alert?: string;
  readonly expr: string;
  readonly labels?: Readonly<Record<string, string>>;
  readonly annotations?: Readonly<Record<string, string>>;
}

interface RuleFile {
  readonly groups: readonly { readonly name: string; readonly rules: readonly Rule[] }[];
}

export const rulesFile = 'ops/prometheus/rules.yaml';

export function readRules(): readonly Rule[] {
  const { groups } = parse(readFileSync(rulesFile, 'utf8')) as RuleFile;
  return groups.flatMap(({ rules }) => rules);
}
