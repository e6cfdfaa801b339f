import type { Digest } from '../digest/digest.ts';
import type { RepositoryName, Tag } from '../model/reference.ts';
import type { CallContext } from '../registry/call-context.ts';

/** Why nothing is known of the past. */
export const NO_HISTORY = 'this registry keeps no history of tags; see storage.maintenance.taghistory.keep';

/** A change of what a tag points to. */
export interface TagMove {
  readonly tag: Tag;
  /** `undefined`: the tag is created. */
  readonly from: Digest | undefined;
  /** `undefined`: the tag is deleted. */
  readonly to: Digest | undefined;
}

/** The call that moves a tag. */
export type MovingCall = Pick<CallContext, 'actor' | 'requestId'>;

/** A tag, the manifest to which it points or is to point, and the call that moves it. */
export interface Tagging {
  readonly tag: Tag;
  readonly digest: Digest;
  readonly call: MovingCall;
}

/** Records moves of tags: what the stores and collections need of the history. */
export interface MoveRecorder {
  /** Records a move that is about to be made, durably. If it fails, the tag must stay as it is. One driver call. */
  record(name: RepositoryName, move: TagMove, call: MovingCall): Promise<void>;

  /**
   * Every manifest to which a tag of the repository pointed, as far as the history goes back: a collection keeps them. One
   * driver call for each tag, and one for the repository.
   */
  digestsOf(name: RepositoryName): Promise<ReadonlySet<Digest>>;
}
