import { isTag, type Tag } from '../../core/model/reference.ts';
import { formatImageReference, parseImageReference } from './image-reference.ts';
import { InvalidReferenceError } from './invalid-reference-error.ts';

/** The tag at the end of a name: some tools write the whole name of an image where a tag belongs. */
export function tagIn(name: string): Tag | undefined {
  const tag = name.slice(name.lastIndexOf(':') + 1);
  return isTag(tag) ? tag : undefined;
}

/**
 * The normal form of a whole name, by which Docker and skopeo compare names: `app:v1` is `docker.io/library/app:v1`,
 * and a name without a tag has the tag `latest`.
 * @returns `undefined` for a tag, which names no repository; a text that is not a name unchanged
 */
export function wholeName(text: string): string | undefined {
  if (isTag(text)) return undefined;
  try {
    const named = parseImageReference(`docker://${text}`);
    return named.kind === 'registry' && named.tag === undefined
      ? `${formatImageReference(named)}:latest`
      : formatImageReference(named);
  } catch (error) {
    if (error instanceof InvalidReferenceError) return text;
    throw error;
  }
}

/** Whether two whole names are equivalent. */
export function isSameName(one: string, other: string): boolean {
  return wholeName(one) === wholeName(other);
}

/** All whole names, and the tags that are not in any of them. */
export function allNames({
  tags,
  names = [],
}: {
  readonly tags: readonly Tag[];
  readonly names?: readonly string[] | undefined;
}): readonly string[] {
  const named = new Set(names.map(tagIn));
  return [...names, ...tags.filter((tag) => !named.has(tag))];
}
