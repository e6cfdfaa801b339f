import { validRange } from 'semver';
import { CopyError } from '../../client/copy/copy-error.ts';
import { checkTagRules } from '../../client/copy/select-tags.ts';
import {
  formatImageReference,
  type ImageReference,
  parseImageReference,
} from '../../client/references/image-reference.ts';
import { ClientFailure, clientErrorMessage } from '../client/client-failure.ts';
import { runClient, TRANSFER_STOPPED } from '../client/run-client.ts';
import type { ExitCode, Program } from '../command.ts';
import { countOf } from '../count-of.ts';
import { UsageError } from '../usage-error.ts';
import { repositoryPairs } from './repository-pairs.ts';
import { type RepositorySync, syncRepository } from './sync-repository.ts';
import { NOTHING_COPIED } from './transfer-image.ts';

/** `stowage sync`: copies many tags, or many repositories. */
export interface SyncRequest extends RepositorySync {
  readonly kind: 'sync';
  readonly source: string;
  readonly target: string;
  readonly recursive: boolean;
}

/**
 * Copies the tags that fulfil the rules, repository by repository, and prints the reference of each image.
 * @returns 3 when some images or repositories failed and others did not
 * @throws ClientFailure with 4 when nothing was selected
 */
export async function run(request: SyncRequest, program: Program): Promise<ExitCode | void> {
  const { semver } = request.rules;
  if (semver !== undefined && validRange(semver) === null)
    throw new UsageError(`--semver takes a range of versions, not ${JSON.stringify(semver)}`);
  return await runClient({ ...request.transfer, stopNote: TRANSFER_STOPPED }, program, async (client) => {
    checkTagRules(request.rules);
    const pairs = request.recursive
      ? repositoryPairs({ ...request, isPlan: request.transfer.dryRun === true }, client)
      : [{ source: untagged(request.source), target: untagged(request.target) }];
    let [repositories, copied, failed, unreadable] = [0, 0, 0, 0];
    let unselected: string | undefined;
    for await (const pair of pairs) {
      repositories += 1;
      try {
        const result = await syncRepository(pair, request, { ...client, program });
        copied += result.copied;
        failed += result.failed;
        unselected ??= result.unselected;
      } catch (error) {
        // A rule that cannot be understood is wrong for each of them.
        const isFinal = client.signal.aborted || CopyError.is(error, 'selection');
        if (!(request.recursive && request.keepGoing) || isFinal) throw error;
        unreadable += 1;
        program.note(`${formatImageReference(pair.source)}: ${clientErrorMessage(error)}`);
      }
    }
    if (failed + unreadable + copied === 0) {
      const first = unselected ?? `there is no repository under ${request.source}`;
      const many = repositories > 1 ? `; nor is any tag of ${repositories - 1} others` : '';
      throw new ClientFailure(`${first}${many}`, 4);
    }
    if (request.transfer.dryRun === true) program.note(NOTHING_COPIED);
    if (failed + unreadable === 0) return 0;
    const failures = [
      ...(failed > 0 ? [countOf(failed, 'image')] : []),
      ...(unreadable > 0 ? [countOf(unreadable, 'repository', 'repositories')] : []),
    ];
    program.note(`${failures.join(' and ')} failed, ${copied} copied; the same command tries them again`);
    return copied > 0 ? 3 : 1;
  });
}

/** @throws UsageError for a reference to a single image */
function untagged(text: string): ImageReference {
  const reference = parseImageReference(text);
  const isSingle = reference.kind === 'registry' || reference.kind === 'store' ? reference.tag : reference.name;
  if (isSingle === undefined && reference.digest === undefined) return reference;
  throw new UsageError(`${JSON.stringify(text)} is one image; sync takes a repository, and "stowage copy" an image`);
}
