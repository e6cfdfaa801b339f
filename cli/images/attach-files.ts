import { createReadStream } from 'node:fs';
import { basename } from 'node:path';
import {
  formatImageReference,
  type ImageReference,
  parseImageReference,
} from '../../client/references/image-reference.ts';
import { digestOf } from '../../core/digest/digest.ts';
import type { Descriptor } from '../../core/model/descriptor.ts';
import { isMediaType, OCI_IMAGE_MANIFEST, OCTET_STREAM } from '../../core/model/media-types.ts';
import type { StoredManifest } from '../../core/registry/manifest-service.ts';
import type { ConnectionRequest } from '../client/connection-request.ts';
import { openImage } from '../client/open-image.ts';
import { type ClientRun, runClient } from '../client/run-client.ts';
import type { ExitCode, Program } from '../command.ts';
import { UsageError } from '../usage-error.ts';
import { describeFile } from './blob-bytes.ts';

/** `stowage attach`: attaches files to an image. */
export interface AttachRequest {
  readonly kind: 'attach';
  readonly image: string;
  /** Each `<file>` or `<file>:<media type>`. */
  readonly files: readonly string[];
  readonly artifactType: string;
  readonly annotations: Readonly<Record<string, string>>;
  readonly dryRun: boolean;
  readonly json: boolean;
  readonly connection: ConnectionRequest;
}

interface AttachedFile {
  readonly path: string;
  readonly descriptor: Descriptor;
}

const EMPTY = Buffer.from('{}');
/** image-spec, "Guidance for an Empty Descriptor". */
const EMPTY_DESCRIPTOR: Descriptor = {
  mediaType: 'application/vnd.oci.empty.v1+json',
  digest: digestOf(EMPTY),
  size: EMPTY.byteLength,
};
const TITLE = 'org.opencontainers.image.title';

/** Attaches files to an image by a manifest that refers to it, and prints the reference of that manifest. */
export async function run(request: AttachRequest, program: Program): Promise<ExitCode | void> {
  return await runClient(request, program, async (client) => {
    if (!isMediaType(request.artifactType)) throw new UsageError(`${request.artifactType} is no media type`);
    const image = parseImageReference(request.image);
    if (image.kind === 'oci-archive' || image.kind === 'docker-archive')
      throw new UsageError(
        'attach takes no archive, which is only written as a whole; copy it to a folder (oci:) first',
      );
    const files: AttachedFile[] = [];
    for (const file of request.files) files.push(await describeGiven(file, client.signal));
    const digest = await attach(image, files, request, client);
    if (request.dryRun) program.note('a dry run: nothing was attached');
    const untagged = image.kind === 'oci' ? { ...image, name: undefined } : { ...image, tag: undefined };
    const name = formatImageReference({ ...untagged, digest });
    program.print(request.json ? `${JSON.stringify({ image: name, digest })}\n` : `${name}\n`);
  });
}

async function attach(
  image: ImageReference,
  files: readonly AttachedFile[],
  request: AttachRequest,
  { connections, signal }: ClientRun,
) {
  await using open = await openImage(image, connections, { access: request.dryRun ? 'read' : 'write' });
  const subject = await open.store.manifest(open.reference, { signal });
  const { digest, bytes } = manifestOf(subject, files, request);
  if (request.dryRun) return digest;
  for (const { path, descriptor } of files) {
    const read = (start: number) => Promise.resolve(createReadStream(path, { start, signal }));
    await open.store.writeBlob({ descriptor, open: read }, { signal });
  }
  const empty = (start: number) => Promise.resolve(asyncBytes(EMPTY.subarray(start)));
  await open.store.writeBlob({ descriptor: EMPTY_DESCRIPTOR, open: empty }, { signal });
  // Lists it under the fallback tag as well where the registry has no API for referrers.
  const manifest = { digest, mediaType: OCI_IMAGE_MANIFEST, bytes, tags: [], isPart: false };
  await open.store.putManifest(manifest, { signal });
  return digest;
}

function manifestOf(
  { digest, mediaType, bytes }: StoredManifest,
  files: readonly AttachedFile[],
  { artifactType, annotations }: AttachRequest,
) {
  const manifest = Buffer.from(
    JSON.stringify({
      schemaVersion: 2,
      mediaType: OCI_IMAGE_MANIFEST,
      artifactType,
      config: { ...EMPTY_DESCRIPTOR, data: EMPTY.toString('base64') },
      layers: files.map(({ descriptor }) => descriptor),
      subject: { mediaType, digest, size: bytes.byteLength },
      ...(Object.keys(annotations).length === 0 ? {} : { annotations }),
    }),
  );
  return { bytes: manifest, digest: digestOf(manifest) };
}

/** The type is after the last colon, if what is there is one. */
async function describeGiven(text: string, signal: AbortSignal): Promise<AttachedFile> {
  const colon = text.lastIndexOf(':');
  const type = text.slice(colon + 1);
  const isTyped = colon > 0 && isMediaType(type);
  const path = isTyped ? text.slice(0, colon) : text;
  const descriptor = await describeFile(path, { mediaType: isTyped ? type : OCTET_STREAM, signal });
  return { path, descriptor: { ...descriptor, annotations: { [TITLE]: basename(path) } } };
}

async function* asyncBytes(bytes: Uint8Array): AsyncGenerator<Uint8Array, void, undefined> {
  yield await Promise.resolve(bytes);
}
