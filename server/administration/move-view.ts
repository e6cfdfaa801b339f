import type { RecordedMove } from '../../core/admin/tag-history-administration.ts';
import type { RepositoryName } from '../../core/model/reference.ts';
import { timeOf } from './run-view.ts';

/** A move of a tag as programs see it. */
export interface MoveView {
  /** Different for each of a repository. */
  readonly id: string;
  readonly repository: string;
  readonly tag: string;
  readonly at: string;
  /** Absent: the tag was created. */
  readonly from?: string;
  /** Absent: the tag was deleted. */
  readonly to?: string;
  /** To what the tag pointed afterwards, if not to `to`; `null`: it did not exist. */
  readonly found?: string | null;
  /** One of these three moved it; an anonymous user is none of them. */
  readonly user?: string;
  readonly job?: string;
  readonly command?: string;
  readonly requestId?: string;
}

export function moveView(repository: RepositoryName, move: RecordedMove): MoveView {
  const { key: id, tag, at, from, to, found, by, requestId } = move;
  return {
    id,
    repository,
    tag,
    at: timeOf(at.getTime()),
    ...(from !== undefined && { from }),
    ...(to !== undefined && { to }),
    ...(found !== undefined && { found }),
    ...(by !== undefined && { [by.kind]: by.name }),
    ...(requestId !== undefined && { requestId }),
  };
}
