import type { Invalidation } from '../invalidations.ts';

/** What instances tell each other. */
export interface Message extends Invalidation {
  /** The instance that tells it. */
  readonly by: string;
}

/** Pure. */
export function writeMessage({ by, version, tags }: Message): string {
  return JSON.stringify({ by, version, tags });
}

/** Pure. Undefined where the text is none that `writeMessage` gives. */
export function readMessage(text: string): Message | undefined {
  let message: unknown;
  try {
    message = JSON.parse(text);
  } catch {
    return undefined;
  }
  if (typeof message !== 'object' || message === null) return undefined;
  const { by, version, tags } = message as Readonly<Record<string, unknown>>;
  if (typeof by !== 'string' || typeof version !== 'string' || !Array.isArray(tags)) return undefined;
  return tags.every((tag) => typeof tag === 'string') ? { by, version, tags } : undefined;
}
