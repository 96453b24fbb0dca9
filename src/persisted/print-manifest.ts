import type { NamedOperation } from './gather-operations.ts';
import { apolloFormat } from './manifest.ts';
import { sha256 } from './normal-form.ts';

export const manifestFormats = ['apollo', 'relay', 'plain'] as const;

export type ManifestFormat = (typeof manifestFormats)[number];

/** The text of a manifest, which `readManifest` reads; ids are the SHA-256 of the texts. Pure. */
export function printManifest(operations: readonly NamedOperation[], format: ManifestFormat): string {
  return `${JSON.stringify(manifestOf(operations, format), null, 2)}\n`;
}

function manifestOf(operations: readonly NamedOperation[], format: ManifestFormat): unknown {
  switch (format) {
    case 'apollo':
      return {
        format: apolloFormat,
        version: 1,
        operations: operations.map(({ name, type, text }) => ({ id: sha256(text), name, type, body: text })),
      };
    case 'relay':
      return Object.fromEntries(operations.map(({ text }) => [sha256(text), text]));
    case 'plain':
      return operations.map(({ name, text }) => ({ id: sha256(text), name, document: text }));
    default:
      return format satisfies never;
  }
}
