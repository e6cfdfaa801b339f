import { isTag, type RepositoryName, type Tag } from '../../core/model/reference.ts';
import { UsageError } from '../usage-error.ts';
import { givenRepository } from './given-admin-target.ts';

/** A tag of a repository, or a repository as a whole. */
export interface GivenTag {
  readonly repository: RepositoryName;
  readonly tag: Tag | undefined;
}

/**
 * Parses `repository:tag` or a repository, without a host.
 * @throws UsageError
 */
export function givenTag(text: string): GivenTag {
  const [name = '', tag, ...others] = text.split(':');
  const repository = givenRepository(name);
  if (tag === undefined) return { repository, tag };
  if (!isTag(tag) || others.length > 0)
    throw new UsageError(`${JSON.stringify(text)} does not end in a tag: 1 to 128 of A-Z a-z 0-9 _ . -`);
  return { repository, tag };
}
