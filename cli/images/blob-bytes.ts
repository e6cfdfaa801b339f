import { createReadStream } from 'node:fs';
import {
  formatImageReference,
  type ImageReference,
  parseImageReference,
} from '../../client/references/image-reference.ts';
import type { ObjectStore } from '../../client/stores/object-store.ts';
import type { Digest } from '../../core/digest/digest.ts';
import { Digester } from '../../core/digest/digester.ts';
import type { Descriptor } from '../../core/model/descriptor.ts';
import { RegistryError } from '../../core/model/errors.ts';
import { OCTET_STREAM } from '../../core/model/media-types.ts';
import type { CallContext } from '../../core/registry/call-context.ts';
import type { ConnectionRequest } from '../client/connection-request.ts';
import { openImage } from '../client/open-image.ts';
import { type ClientRun, runClient } from '../client/run-client.ts';
import type { ExitCode, Program } from '../command.ts';
import { UsageError } from '../usage-error.ts';
import { fileSize, openInput, STANDARD_STREAM } from './input-file.ts';
import { refuseArchive } from './refuse-archive.ts';
import { verifiedBytes } from './verified-bytes.ts';
import { writeNewFile } from './write-new-file.ts';

/** `stowage blob`: writes a blob to a file or to standard output, or stores a file as one. */
export interface BlobRequest {
  readonly kind: 'blob';
  readonly blob: string;
  readonly output: string | undefined;
  /** The file that is stored; `-` for standard input. */
  readonly put: string | undefined;
  /** Whether a digest is printed as JSON. */
  readonly json: boolean;
  readonly connection: ConnectionRequest;
}

/**
 * Writes the bytes of a blob. A file appears under its name only when all are verified; what goes to standard output is
 * verified at the end.
 * @throws UsageError when the digest is missing, or is that of another file
 */
export async function run(request: BlobRequest, program: Program): Promise<ExitCode | void> {
  return await runClient(request, program, async (client) => {
    const image = parseImageReference(request.blob);
    if (request.put !== undefined) {
      refuseArchive(image);
      await using file = await openInput(request.put, program, client.signal);
      const stored = await storeFile(file.path, image, client);
      program.print(request.json ? `${JSON.stringify({ digest: stored })}\n` : `${stored}\n`);
      return;
    }
    const { digest } = image;
    if (digest === undefined) throw new UsageError('the digest of the blob is missing: <registry>/<name>@<digest>');
    await using open = await openImage(image, client.connections, { signal: client.signal });
    const size = await open.store.blobSize(digest, client);
    const blob = { mediaType: OCTET_STREAM, digest, size: size ?? 0 };
    if (size === undefined) return await refuseUnknown(open.store, blob, client);
    const { output = STANDARD_STREAM } = request;
    const isFile = output !== STANDARD_STREAM;
    const hint = isFile
      ? 'no file was written, and what a pipe has got is not to be used'
      : 'do not use what was written';
    const bytes = verifiedBytes(open.store, blob, { signal: client.signal, hint });
    if (isFile) await writeNewFile(output, bytes, client.signal);
    else for await (const chunk of bytes) if (!(await program.write(chunk))) break;
  });
}

/** The store says what it was asked, and what it answered. */
async function refuseUnknown(store: ObjectStore, blob: Descriptor, context: CallContext): Promise<never> {
  for await (const _ of await store.openBlob(blob, 0, context)) break;
  throw new RegistryError('BLOB_UNKNOWN', { store: store.label, digest: blob.digest });
}

async function storeFile(path: string, image: ImageReference, { connections, signal }: ClientRun): Promise<Digest> {
  await using open = await openImage(image, connections, { access: 'write' });
  const descriptor = await describeFile(path, { signal });
  if (image.digest !== undefined && image.digest !== descriptor.digest) {
    throw new UsageError(`what was given is ${descriptor.digest}, not that of ${formatImageReference(image)}`);
  }
  const blob = { descriptor, open: (start: number) => Promise.resolve(createReadStream(path, { start, signal })) };
  // Other tools take the folder for a layout, and manifests can be stored in it.
  if (image.kind === 'oci') await makeLayout(image.path, { signal });
  await open.store.writeBlob(blob, { signal });
  return descriptor.digest;
}

async function makeLayout(path: string, context: CallContext): Promise<void> {
  const { LayoutStore } = await import('../../client/stores/layout/layout-store.ts');
  await new LayoutStore(path).create(context);
}

/**
 * What names the bytes of a file; they are read once for it.
 * @throws UsageError when it cannot be read
 */
export async function describeFile(
  path: string,
  { mediaType = OCTET_STREAM, signal }: CallContext & { readonly mediaType?: string },
): Promise<Descriptor> {
  await fileSize(path);
  const digester = new Digester();
  for await (const bytes of createReadStream(path, { signal }) as AsyncIterable<Uint8Array>) digester.update(bytes);
  return { mediaType, digest: digester.digest(), size: digester.size };
}
