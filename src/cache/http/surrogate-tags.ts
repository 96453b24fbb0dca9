import { fieldText, type HttpFields } from './messages.ts';

const maxTags = 128;
const maxLength = 256;

/**
 * Tags that an upstream gives its answer by `cache-tag` or `surrogate-key`, between spaces or commas, each once. Undefined
 * where there are more than 128 or one is longer than 256 characters: an answer that a purge would not find is not kept.
 */
export function surrogateTags(headers: HttpFields): readonly string[] | undefined {
  if (headers['cache-tag'] === undefined && headers['surrogate-key'] === undefined) return none;
  const text = `${fieldText(headers, 'cache-tag') ?? ''},${fieldText(headers, 'surrogate-key') ?? ''}`;
  const tags = new Set(text.split(/[\s,]+/).filter((tag) => tag !== ''));
  if (tags.size > maxTags) return undefined;
  for (const tag of tags) if (tag.length > maxLength) return undefined;
  return [...tags];
}

const none: readonly string[] = [];
