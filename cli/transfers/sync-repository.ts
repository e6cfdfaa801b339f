import { copy } from '../../client/copy/copy.ts';
import { CopyError } from '../../client/copy/copy-error.ts';
import type { CopyEvent } from '../../client/copy/copy-event.ts';
import type { CopyResult } from '../../client/copy/copy-options.ts';
import type { TagRules } from '../../client/copy/selection.ts';
import { formatImageReference } from '../../client/references/image-reference.ts';
import type { ObjectStore } from '../../client/stores/object-store.ts';
import type { Tag } from '../../core/model/reference.ts';
import type { CallContext } from '../../core/registry/call-context.ts';
import { clientErrorMessage } from '../client/client-failure.ts';
import { openImage } from '../client/open-image.ts';
import type { ClientRun } from '../client/run-client.ts';
import type { Program } from '../command.ts';
import { countOf } from '../count-of.ts';
import { progressView, showProgress } from '../progress/show-progress.ts';
import type { RepositoryPair } from './repository-pairs.ts';
import { copyOptions, jsonOf, nameForDocker } from './transfer-image.ts';
import type { TransferRequest } from './transfer-request.ts';

/** How the tags of a repository are copied. */
export interface RepositorySync {
  readonly rules: TagRules;
  readonly keepGoing: boolean;
  readonly transfer: TransferRequest;
}

/** What came of one repository. */
export interface SyncedRepository {
  readonly copied: number;
  readonly failed: number;
  /** What was there instead, where no tag was selected. */
  readonly unselected?: string;
}

const SHOWN_TAGS = 5;

/**
 * Copies the tags of a repository that fulfil the rules, and prints the reference of each: also of those that were copied
 * before another one failed.
 * @throws CopyError
 */
export async function syncRepository(
  { source, target }: RepositoryPair,
  { rules, keepGoing, transfer }: RepositorySync,
  { program, connections, signal }: ClientRun & { readonly program: Program },
): Promise<SyncedRepository> {
  await using from = await openImage(source, connections, { signal });
  const access = transfer.dryRun ? 'plan' : 'write';
  await using to = await openImage(target, connections, { access, name: nameForDocker(source) });
  const run = copy(from.store, to.store, { tags: rules }, { ...copyOptions(transfer), keepGoing, signal });
  const print = (result: CopyResult): void => {
    if (transfer.output === 'json') program.print(`${jsonOf(result, transfer)}\n`);
    else
      program.print(
        result.images.map(({ name, digest }) => `${formatImageReference(target)}:${name}@${digest}\n`).join(''),
      );
  };
  const soFar = new PartialResult();
  let result: CopyResult;
  try {
    result = await showProgress(run, progressView(transfer.output, program), (event) => soFar.apply(event));
  } catch (error) {
    if (CopyError.is(error, 'no-images')) {
      print(soFar);
      return { copied: 0, failed: 0, unselected: await tagsText(from.store, { signal }) };
    }
    // An archive appears only as a whole.
    if (to.store.finish === undefined && soFar.images.length > 0) print(soFar);
    throw error;
  }
  print(result);
  for (const { name, error } of result.failed)
    program.note(`${formatImageReference(source)}:${name}: ${clientErrorMessage(error)}`);
  const { images, failed } = result;
  return { copied: images.length, failed: failed.length };
}

/** What a copy has done that did not end. */
class PartialResult implements CopyResult {
  readonly images: Array<CopyResult['images'][number]> = [];
  readonly failed: Array<CopyResult['failed'][number]> = [];
  bytes = 0;

  apply(event: CopyEvent): void {
    if (event.type === 'image-done') this.images.push({ name: event.name, digest: event.digest });
    if (event.type === 'image-failed') this.failed.push({ name: event.name, error: event.error });
    if (event.type === 'blob-resumed') this.bytes -= event.offset;
    if (event.type === 'blob-done' && event.how === 'copied') this.bytes += event.blob.size;
  }
}

/** How many tags a store has, and what the first ones are called. */
async function tagsText(store: ObjectStore, context: CallContext): Promise<string> {
  const shown: Tag[] = [];
  let count = 0;
  for await (const tag of store.tags(context)) {
    count += 1;
    if (shown.length < SHOWN_TAGS) shown.push(tag);
  }
  if (count === 0) return `${store.label} has no tags`;
  const others = count > shown.length ? ', …' : '';
  return `none of the ${countOf(count, 'tag')} of ${store.label} is selected; there are ${shown.join(', ')}${others}`;
}
