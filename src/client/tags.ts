import { BelfryError } from '../core/errors.ts';
import { quote } from '../core/quote.ts';

const MOST_TAGS = 20;
const TAG = /^[^\s\p{C}]{1,100}$/u;

/** Tags in order, each once. Throws BAD_USAGE. */
export function readTags(tags: unknown): string[] {
  const hint = `a list of at most ${MOST_TAGS} texts of 1 to 100 characters without spaces`;
  if (!Array.isArray(tags) || tags.length > MOST_TAGS) {
    throw new BelfryError('BAD_USAGE', `tags is ${quote(tags)}`, { field: 'tags', hint });
  }
  for (const tag of tags as unknown[]) {
    if (typeof tag === 'string' && TAG.test(tag)) continue;
    throw new BelfryError('BAD_USAGE', `tags holds ${quote(tag)}`, { field: 'tags', hint });
  }
  return tags.length === 1 ? (tags as string[]) : [...new Set(tags as string[])].sort();
}
