import type { Bench } from '../bench/bench.ts';
import type { Leftover } from '../bench/leftovers.ts';

/** Content that could not be removed, and the reason as a clause. */
export interface LeftBehind extends Pick<Leftover, 'kind' | 'target'> {
  readonly reason: string;
}

/** The result of cleaning up. */
export interface CleanUp {
  readonly removed: number;
  readonly left: readonly LeftBehind[];
}

const KINDS = ['tag', 'manifest', 'blob', 'upload'] as const;
/** The number of concurrent deletions. */
const CONCURRENCY = 8;
const REFUSED: ReadonlySet<number> = new Set([400, 405, 501]);

/**
 * Deletes what the checks have left. If a registry refuses to delete a kind of content, only a few requests are made.
 */
export async function cleanUp(bench: Bench, leftovers: readonly Leftover[]): Promise<CleanUp> {
  let removed = 0;
  const left: LeftBehind[] = [];
  for (const kind of KINDS) {
    const waiting = leftovers.filter((each) => each.kind === kind).values();
    let refusal: string | undefined;
    const work = async (): Promise<void> => {
      for (const leftover of waiting) {
        const reason = refusal ?? (await remove(bench, leftover));
        if (reason === undefined) removed++;
        else if (leftover.isCertain) left.push({ kind, target: leftover.target, reason });
        if (reason?.startsWith(REFUSAL) === true) refusal = reason;
      }
    };
    await Promise.all(Array.from({ length: CONCURRENCY }, work));
  }
  const manifests = left.some(({ kind }) => kind === 'manifest');
  // Deleting a manifest also removes its tags.
  return { removed, left: manifests ? left : left.filter(({ kind }) => kind !== 'tag') };
}

const REFUSAL = 'the registry refuses to delete: ';

async function remove(bench: Bench, { target, repository }: Leftover): Promise<string | undefined> {
  try {
    const { status } = await bench.delete(target, { repository });
    if ((status >= 200 && status <= 299) || status === 404) return undefined;
    return REFUSED.has(status) ? `${REFUSAL}it answers ${status}` : `it was answered with ${status}`;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}
