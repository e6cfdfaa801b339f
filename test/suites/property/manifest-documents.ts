import fc from 'fast-check';
import { digestOf } from '../../../core/digest/digest.ts';
import type { ManifestMediaType } from '../../../core/manifests/formats/index.ts';
import {
  DOCKER_MANIFEST,
  DOCKER_MANIFEST_LIST,
  OCI_IMAGE_INDEX,
  OCI_IMAGE_MANIFEST,
} from '../../../core/model/media-types.ts';
import { anyText, textOf } from './texts.ts';
import { digestText } from './vocabulary.ts';

export type Json = Record<string, unknown>;

/** A manifest document and the media type under which it is sent. */
export interface Sent {
  readonly document: Json;
  readonly contentType: string | undefined;
  readonly kind: ManifestMediaType;
}

const RESTRICTED = textOf('aZ0!#$&^_.+-', { max: 20 });
const mediaTypeText = fc.oneof(
  fc
    .tuple(textOf('aZ0', { min: 1, max: 1 }), RESTRICTED, textOf('aZ0', { min: 1, max: 1 }), RESTRICTED)
    .map(([first, rest, second, more]) => `${first}${rest}/${second}${more}`),
  fc.constantFrom(
    'application/vnd.oci.image.layer.v1.tar+gzip',
    'application/vnd.oci.image.layer.nondistributable.v1.tar+gzip',
    'application/vnd.oci.image.layer.nondistributable.v1.tar',
    'application/vnd.docker.image.rootfs.foreign.diff.tar.gzip',
    'application/vnd.oci.empty.v1+json',
    OCI_IMAGE_MANIFEST,
  ),
);
const annotations = fc.dictionary(anyText, anyText, { maxKeys: 3 });
const platform = fc.record(
  { architecture: anyText, os: anyText, variant: anyText, 'os.version': anyText },
  { requiredKeys: ['architecture', 'os'] },
);
const unknown = fc.dictionary(
  textOf('xyz_', { min: 1, max: 4 }).map((name) => `x-${name}`),
  fc.jsonValue(),
  { maxKeys: 2 },
);

const optional = fc.record(
  { urls: fc.array(fc.webUrl(), { maxLength: 2 }), artifactType: mediaTypeText, annotations, platform },
  { requiredKeys: [] },
);
const named = fc.record({ digest: digestText, size: fc.maxSafeNat() });
const embedded = fc
  .tuple(fc.uint8Array({ maxLength: 20 }), fc.constantFrom('sha256', 'sha512'))
  .map(([bytes, algorithm]) => ({
    digest: digestOf(bytes, algorithm),
    size: bytes.byteLength,
    data: Buffer.from(bytes).toString('base64'),
  }));

/** Descriptors that image-spec allows. */
export const descriptor: fc.Arbitrary<Json> = fc
  .tuple(
    fc.oneof({ weight: 3, arbitrary: named }, { weight: 1, arbitrary: embedded }),
    mediaTypeText,
    optional,
    unknown,
  )
  .map(([address, mediaType, more, extra]) => ({ ...extra, ...more, mediaType, ...address }));

const descriptors = fc.array(descriptor, { maxLength: 4 });
const common = fc.record({ subject: descriptor, artifactType: mediaTypeText, annotations }, { requiredKeys: [] });

function sent(kind: ManifestMediaType, parts: fc.Arbitrary<Json>): fc.Arbitrary<Sent> {
  const isDocker = kind === DOCKER_MANIFEST || kind === DOCKER_MANIFEST_LIST;
  return fc
    .tuple(
      parts,
      common,
      unknown,
      fc.constantFrom(kind, undefined, ''),
      fc.constantFrom(kind, undefined, 'application/json', ''),
    )
    .map(([content, more, extra, declared, contentType]) => {
      // Docker wants its media type in the document; without any, the shape of the document decides.
      const mediaType = isDocker ? kind : declared;
      const document = {
        schemaVersion: 2,
        ...(mediaType !== undefined && { mediaType }),
        ...extra,
        ...more,
        ...content,
      };
      return { document, contentType, kind };
    });
}

const image = fc.record({ config: descriptor, layers: descriptors });
const index = fc.record({ manifests: descriptors });

/** Manifests that image-spec and Docker's schema 2 allow. */
export const manifest: fc.Arbitrary<Sent> = fc.oneof(
  sent(OCI_IMAGE_MANIFEST, image),
  sent(DOCKER_MANIFEST, image),
  sent(OCI_IMAGE_INDEX, index),
  sent(DOCKER_MANIFEST_LIST, index),
);
