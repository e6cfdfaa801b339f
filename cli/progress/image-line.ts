import type { CopyEvent } from '../../client/copy/copy-event.ts';
import { REWRITE } from '../rewritten-index.ts';

/**
 * What is said of an event that concerns an image as a whole; `undefined` for those of its blobs, and for a failure, which
 * the command reports.
 */
export function imageLine(event: CopyEvent): string | undefined {
  if (event.type === 'image-begun')
    return event.name === event.digest ? event.digest : `${event.name}: ${event.digest}`;
  if (event.type === 'digest-changed') {
    return `the digest is another one: ${event.to} instead of ${event.from}, because ${event.reason}`;
  }
  if (event.type === 'index-sparse') {
    return `the index names images that are not copied; a registry that refuses it wants all platforms, or ${REWRITE}`;
  }
  if (event.type === 'referrer-missing') {
    return `the source lists ${event.digest} as a referrer of ${event.subject} and does not have it; it is left out`;
  }
  const isPlan = event.type === 'manifest-done' && event.how === 'planned' && event.tags.length > 0;
  return isPlan ? `would be tagged ${event.tags.join(', ')}` : undefined;
}
