import { type NamePattern, repositoryPattern } from '../../../plugins/patterns/name-pattern.ts';
import { unexpected } from '../engine/scalars.ts';
import { type Schema, scalar } from '../engine/schema.ts';

/** A pattern of repositories: `*` matches anything except `/`, and `**` anything. */
export const pattern: Schema<NamePattern> = scalar('pattern', (node) => {
  try {
    return repositoryPattern(node.text);
  } catch {
    throw unexpected(
      node,
      'a pattern that matches repositories, such as team/* (wildcards are *, ** and ?, capital letters match nothing)',
    );
  }
});
