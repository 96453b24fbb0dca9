import type { z } from 'zod';
import type { ConfigurationIssue } from './configuration-error.ts';
import { suggest } from './values.ts';
import { printPath } from './yaml-source.ts';
import type { YamlPath, YamlSource } from './yaml-source.ts';

type SchemaIssue = z.core.$ZodIssue;

export interface Validated<T> {
  /** Absent where `issues` has anything. */
  readonly value?: T;
  readonly issues: readonly ConfigurationIssue[];
}

/** A file's value as its schema reads it, or what is wrong with it and where. Pure. */
export function validate<T>(schema: z.ZodType<T>, source: YamlSource): Validated<T> {
  if (source.value === undefined) return { issues: source.issues };
  const result = schema.safeParse(source.value);
  const found = result.success ? [] : result.error.issues.flatMap((issue) => placed(issue, [], source));
  const issues = [...source.issues, ...found];
  return result.success && issues.length === 0 ? { value: result.data, issues } : { issues };
}

function placed(issue: SchemaIssue, parents: YamlPath, source: YamlSource): ConfigurationIssue[] {
  const path = [...parents, ...issue.path];
  if (source.isBroken(path)) return [];
  if (issue.code === 'unrecognized_keys') {
    const lines = issue.message.split('\n');
    return issue.keys.map((key, index) => {
      const at = [...path, key];
      return source.issueAt(at, `${printPath(at)}: ${lines[index] ?? 'unknown key'}`, 'key');
    });
  }
  if (issue.code === 'invalid_key') {
    return issue.issues.map(({ message }) => source.issueAt(path, `${printPath(path)}: ${message}`, 'key'));
  }
  if (issue.code === 'invalid_union') {
    const meant = branchMeant(issue.errors);
    if (meant !== undefined) return meant.flatMap((inner) => placed(inner, path, source));
  }
  return [source.issueAt(path, describe(issue, path, source))];
}

/** The one branch of a union that the value has the type of; its issues tell more than the union's own. */
function branchMeant(branches: readonly (readonly SchemaIssue[])[]): readonly SchemaIssue[] | undefined {
  const fitting = branches.filter((issues) => !issues.some(isOfWrongType));
  return fitting.length === 1 ? fitting[0] : undefined;
}

function isOfWrongType(issue: SchemaIssue): boolean {
  if (issue.path.length > 0) return false;
  return (
    issue.code === 'invalid_type' ||
    issue.code === 'invalid_value' ||
    (issue.code === 'invalid_union' && issue.errors.length > 0)
  );
}

function describe(issue: SchemaIssue, path: YamlPath, source: YamlSource): string {
  const label = path.length === 0 ? '' : `${printPath(path)}: `;
  const { message } = issue;
  if (!message.startsWith('expected ')) return `${label}${message}`;
  const value = source.valueAt(path);
  if (value === undefined) return `${label}missing, ${message}`;
  const got = `${label}${message}, got ${source.printValue(path)}`;
  const possible = possibleValues(issue);
  if (typeof value !== 'string' || possible.length < 2) return got;
  const hint = suggest(value, possible.map(String));
  return hint.startsWith('did you mean') ? `${got}; ${hint}` : got;
}

function possibleValues(issue: SchemaIssue): readonly unknown[] {
  if (issue.code === 'invalid_value') return issue.values;
  return issue.code === 'invalid_union' && 'options' in issue ? (issue.options ?? []) : [];
}
