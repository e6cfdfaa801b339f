import { stat } from 'node:fs/promises';
import { type FileImage, parseImageReference, type RegistryImage } from '../../client/references/image-reference.ts';
import { runClient, TRANSFER_STOPPED } from '../client/run-client.ts';
import type { ExitCode, Program } from '../command.ts';
import { UsageError } from '../usage-error.ts';
import { isLocal } from './local-image.ts';
import { transferImage } from './transfer-image.ts';
import type { TransferRequest } from './transfer-request.ts';

/** `stowage pull`: pulls an image into a folder or an archive. */
export interface PullRequest {
  readonly kind: 'pull';
  readonly source: string;
  readonly target: string | undefined;
  readonly transfer: TransferRequest;
}

/**
 * Pulls an image, and prints its reference in the folder or archive.
 * @throws UsageError when the source is no registry, or the target is one
 */
export async function run({ source, target, transfer }: PullRequest, program: Program): Promise<ExitCode | void> {
  return await runClient({ ...transfer, stopNote: TRANSFER_STOPPED }, program, async (client) => {
    const from = parseImageReference(source);
    if (from.kind !== 'registry')
      throw new UsageError('pull takes from a registry; "stowage copy" takes from anywhere');
    await transferImage({ source: from, target: await targetOf(target, from) }, transfer, { ...client, program });
  });
}

/** @throws UsageError for what is meant as something else than a folder or an archive */
async function targetOf(target: string | undefined, { repository }: RegistryImage): Promise<FileImage> {
  if (target === undefined) return { kind: 'oci', path: repository.slice(repository.lastIndexOf('/') + 1) };
  if (isLocal(target)) return parseImageReference(target) as FileImage;
  const copy = 'pull writes a folder or an archive; "stowage copy" writes to registries and stores';
  if (/^(?:store|docker):/.test(target)) throw new UsageError(copy);
  const archive = /\.tar$/.test(target);
  if (archive)
    throw new UsageError(`write oci-archive:${target} or docker-archive:${target}; oci:${target} is a folder`);
  if (target.includes(':')) throw new UsageError(`${copy}, and oci:<folder>[:<tag>] names a folder with a tag`);
  if (await looksLikeRepository(target)) throw new UsageError(`${copy}, and oci:${target} is a folder`);
  return { kind: 'oci', path: target };
}

/** Whether a path begins like the name of a host, and not with a folder that is there. */
async function looksLikeRepository(path: string): Promise<boolean> {
  const [first = '', ...others] = path.split('/');
  if (others.length === 0 || !/^(?:localhost|[a-z0-9-]+(?:\.[a-z0-9-]+)+)$/i.test(first)) return false;
  return await stat(first).then(
    () => false,
    () => true,
  );
}
