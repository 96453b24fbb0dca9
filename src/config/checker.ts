import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import type { ConfigurationIssue } from './configuration-error.ts';
import type { LinkedFile } from './folder-files.ts';
import { suggest } from './values.ts';
import { printPath } from './yaml-source.ts';
import type { YamlPath, YamlSource } from './yaml-source.ts';

/** Reads values that may have any form, and collects issues. */
export class Checker {
  readonly issues: ConfigurationIssue[] = [];
  readonly #source: YamlSource;

  constructor(source: YamlSource) {
    this.#source = source;
  }

  /** Relative to the gateway's folder. */
  get file(): string {
    return this.#source.file;
  }

  tell(path: YamlPath, message: string, part: 'key' | 'value' = 'value'): void {
    this.issues.push(this.#source.issueAt(path, `${printPath(path)}: ${message}`, part));
  }

  print(path: YamlPath): string {
    return this.#source.printValue(path);
  }

  has(path: YamlPath): boolean {
    return this.#source.valueAt(path) !== undefined;
  }

  /** Whether `false` stands there. */
  isOff(path: YamlPath): boolean {
    return this.#source.valueAt(path) === false;
  }

  text(path: YamlPath): string | undefined {
    const value = this.#source.valueAt(path);
    return typeof value === 'string' && !this.#source.isBroken(path) ? value : undefined;
  }

  /** A text alone, or the texts of a list. */
  texts(path: YamlPath): readonly string[] {
    return [path, ...this.list(path).map((_, index) => [...path, index])].flatMap((place) => this.text(place) ?? []);
  }

  list(path: YamlPath): readonly unknown[] {
    const value = this.#source.valueAt(path);
    return Array.isArray(value) ? value : [];
  }

  /** The keys of a mapping; none where it is something else. */
  keys(path: YamlPath): readonly string[] {
    const value = this.#source.valueAt(path);
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? Object.keys(value) : [];
  }

  /** A text, or each text of a list, must be one of `known`. */
  isKnown(path: YamlPath, known: readonly string[], what: string): void {
    const places = [path, ...this.list(path).map((_, index) => [...path, index])];
    for (const place of places) {
      const name = this.text(place);
      if (name === undefined || known.includes(name)) continue;
      const hint = known.length === 0 ? 'nor any other' : suggest(name, known);
      this.tell(place, `there is no ${what} ${this.print(place)}, ${hint}`);
    }
  }

  isFile(path: YamlPath, dir: string): void {
    const file = this.text(path);
    if (file !== undefined && !existsSync(resolve(dir, file))) {
      this.tell(path, `there is no file ${this.print(path)}`);
    }
  }

  needs(path: YamlPath, { files, name, wanted }: { files: readonly LinkedFile[]; name: string; wanted: string }): void {
    if (!files.some((file) => file.name === name)) this.tell(path, `a REST upstream needs ${wanted}, which is missing`);
  }

  /** Header names that differ in letter case only are one name. */
  namesDiffer(path: YamlPath): void {
    const value = this.#source.valueAt(path);
    if (typeof value !== 'object' || value === null || Array.isArray(value)) return;
    const seen = new Set<string>();
    for (const name of Object.keys(value)) {
      if (seen.size === seen.add(name.toLowerCase()).size) {
        this.tell([...path, name], 'the same header stands here a second time (letter case does not count)', 'key');
      }
    }
  }
}

/** Whether the gateway itself answers at this path, by its health. Pure. */
export function isHealth(path: string): boolean {
  return path === '/health' || path.startsWith('/health/');
}
