import { validRange } from 'semver';
import { copy } from '../../client/copy/copy.ts';
import { CopyError } from '../../client/copy/copy-error.ts';
import type { CopyResult } from '../../client/copy/copy-options.ts';
import type { TagRules } from '../../client/copy/selection.ts';
import {
  formatImageReference,
  type ImageReference,
  parseImageReference,
} from '../../client/references/image-reference.ts';
import { clientErrorMessage } from '../client/client-failure.ts';
import { openImage } from '../client/open-image.ts';
import { type ClientRun, runClient } from '../client/run-client.ts';
import type { ExitCode, Program } from '../command.ts';
import { countOf } from '../count-of.ts';
import { progressView, showProgress } from '../progress/show-progress.ts';
import { UsageError } from '../usage-error.ts';
import { repositoryPairs } from './repository-pairs.ts';
import { copyOptions, jsonOf, nameForDocker } from './transfer-image.ts';
import type { TransferRequest } from './transfer-request.ts';

/** `stowage sync`: copies many tags, or many repositories. */
export interface SyncRequest {
  readonly kind: 'sync';
  readonly source: string;
  readonly target: string;
  readonly recursive: boolean;
  readonly keepGoing: boolean;
  readonly rules: TagRules;
  readonly transfer: TransferRequest;
}

/**
 * Copies the tags that fulfil the rules, repository by repository, and prints the reference of each image.
 * @returns 3 when some images or repositories failed and others did not
 */
export async function run(request: SyncRequest, program: Program): Promise<ExitCode | void> {
  const { semver } = request.rules;
  if (semver !== undefined && validRange(semver) === null)
    throw new UsageError(`--semver takes a range of versions, not ${JSON.stringify(semver)}`);
  return await runClient(request.transfer, program, async (client) => {
    const pairs = request.recursive
      ? repositoryPairs(request, client)
      : [{ source: untagged(request.source), target: untagged(request.target) }];
    let [copied, failed, unreadable] = [0, 0, 0];
    for await (const pair of pairs) {
      try {
        const result = await syncRepository(pair, request, { ...client, program });
        copied += result.images.length;
        failed += result.failed.length;
      } catch (error) {
        // A rule that cannot be understood is wrong for each of them.
        const isFinal = client.signal.aborted || CopyError.is(error, 'selection');
        if (!(request.recursive && request.keepGoing) || isFinal) throw error;
        unreadable += 1;
        program.complain(`stowage: ${formatImageReference(pair.source)}: ${clientErrorMessage(error)}`);
      }
    }
    if (failed + unreadable === 0) return 0;
    const failures = [
      ...(failed > 0 ? [countOf(failed, 'image')] : []),
      ...(unreadable > 0 ? [countOf(unreadable, 'repository', 'repositories')] : []),
    ];
    program.complain(`stowage: ${failures.join(' and ')} failed, ${copied} copied; the same command tries them again`);
    return copied > 0 ? 3 : 1;
  });
}

async function syncRepository(
  { source, target }: { readonly source: ImageReference; readonly target: ImageReference },
  { rules, keepGoing, transfer }: SyncRequest,
  { program, connections, signal }: ClientRun & { readonly program: Program },
): Promise<CopyResult> {
  await using from = await openImage(source, connections);
  const access = transfer.dryRun ? 'plan' : 'write';
  await using to = await openImage(target, connections, { access, name: nameForDocker(source) });
  const run = copy(from.store, to.store, { tags: rules }, { ...copyOptions(transfer), keepGoing, signal });
  const result = await showProgress(run, progressView(transfer.output, program));
  if (transfer.output === 'json') program.print(`${jsonOf(result)}\n`);
  else
    for (const { name, digest } of result.images) program.print(`${formatImageReference(target)}:${name}@${digest}\n`);
  for (const { name, error } of result.failed)
    program.complain(`stowage: ${formatImageReference(source)}:${name}: ${clientErrorMessage(error)}`);
  return result;
}

/** @throws UsageError for a reference to a single image */
function untagged(text: string): ImageReference {
  const reference = parseImageReference(text);
  const isSingle = reference.kind === 'registry' || reference.kind === 'store' ? reference.tag : reference.name;
  if (isSingle === undefined && reference.digest === undefined) return reference;
  throw new UsageError(`${JSON.stringify(text)} is one image; sync takes a repository, and "stowage copy" an image`);
}
