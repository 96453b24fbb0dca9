import { hash } from 'node:crypto';

/**
 * The text, or its hash where it is longer than `maxLength` UTF-16 units (at least 44): for names that strangers have a
 * part in, and that are kept. Pure.
 */
export function boundedText(text: string, maxLength: number): string {
  return text.length <= maxLength ? text : `#${hash('sha256', text, 'base64url')}`;
}
