import fc from 'fast-check';
import { type Digest, digestOf } from '../../../../core/digest/digest.ts';
import { OCI_IMAGE_INDEX, OCI_IMAGE_MANIFEST } from '../../../../core/model/media-types.ts';
import { parseTag } from '../../../../core/model/reference.ts';
import { json, name } from '../../../helpers/content/registry-content.ts';
import type { CoreParts } from '../../../helpers/core/core-parts.ts';

const REPOSITORIES = [name('one'), name('one/nested'), name('two')] as const;
const ALGORITHMS = ['sha256', 'sha256', 'sha512'] as const;

/** A manifest that names blobs and earlier manifests by their numbers. */
interface ManifestPlan {
  readonly kind: 'image' | 'index' | 'schema 1';
  readonly names: readonly number[];
  readonly subject: number | undefined;
  readonly algorithm: (typeof ALGORITHMS)[number];
  /** The repositories that have it, as numbers. */
  readonly repositories: readonly number[];
  readonly tags: readonly { readonly repository: number; readonly tag: string }[];
  readonly isStored: boolean;
}

/** Everything in a storage, in the order in which it is stored. */
export interface StoragePlan {
  readonly blobs: readonly {
    readonly algorithm: (typeof ALGORITHMS)[number];
    readonly repositories: readonly number[];
    readonly isStored: boolean;
  }[];
  readonly manifests: readonly ManifestPlan[];
  readonly deletesUntagged: boolean;
}

const repositories = fc.uniqueArray(fc.nat({ max: REPOSITORIES.length - 1 }), { maxLength: 3 });
const mostly = fc.nat({ max: 9 }).map((number) => number > 0);

export const anyStorage: fc.Arbitrary<StoragePlan> = fc.record({
  blobs: fc.array(fc.record({ algorithm: fc.constantFrom(...ALGORITHMS), repositories, isStored: mostly }), {
    maxLength: 8,
  }),
  manifests: fc.array(
    fc.record({
      kind: fc.constantFrom('image', 'image', 'index', 'index', 'schema 1'),
      names: fc.array(fc.nat({ max: 15 }), { maxLength: 4 }),
      subject: fc.option(fc.nat({ max: 15 }), { nil: undefined }),
      algorithm: fc.constantFrom(...ALGORITHMS),
      repositories,
      tags: fc.array(
        fc.record({ repository: fc.nat({ max: REPOSITORIES.length - 1 }), tag: fc.constantFrom('a', 'b') }),
        { maxLength: 2 },
      ),
      isStored: mostly,
    }),
    { maxLength: 10 },
  ),
  deletesUntagged: fc.boolean(),
});

/** Stores what a plan says, without any check: links may dangle, content may be in no repository. */
export async function fill({ driver, links, paths }: CoreParts, plan: StoragePlan): Promise<void> {
  const blobs: Digest[] = [];
  for (const [index, { algorithm, repositories: owners, isStored }] of plan.blobs.entries()) {
    const bytes = Buffer.from(`blob ${index}`);
    const digest = digestOf(bytes, algorithm);
    blobs.push(digest);
    if (isStored) await driver.write(paths.blobData(digest), bytes);
    for (const owner of namesOf(owners)) await links.write(paths.layerLink(owner, digest), digest);
  }
  const manifests: Digest[] = [];
  for (const manifest of plan.manifests) {
    const bytes = documentOf(manifest, { blobs, manifests });
    const digest = digestOf(bytes, manifest.algorithm);
    manifests.push(digest);
    if (manifest.isStored) await driver.write(paths.blobData(digest), bytes);
    for (const owner of namesOf(manifest.repositories)) await links.write(paths.revisionLink(owner, digest), digest);
    for (const { repository, tag } of manifest.tags) {
      for (const owner of namesOf([repository])) await links.write(paths.tagCurrentLink(owner, parseTag(tag)), digest);
    }
  }
}

function namesOf(numbers: readonly number[]) {
  return REPOSITORIES.filter((_, index) => numbers.includes(index));
}

/** What it names: blobs, earlier manifests, or something that was never stored. */
function documentOf(
  { kind, names, subject, algorithm }: ManifestPlan,
  known: { readonly blobs: readonly Digest[]; readonly manifests: readonly Digest[] },
): Buffer {
  const absent = digestOf(Buffer.from('absent'));
  const descriptor = (digests: readonly Digest[], number: number) => {
    const digest = digests[number] ?? absent;
    return { mediaType: 'application/octet-stream', digest, size: 6 };
  };
  const { blobs, manifests } = known;
  const unique = { annotations: { number: `${manifests.length} ${algorithm}` } };
  const subjectField = subject === undefined ? {} : { subject: descriptor(manifests, subject) };
  if (kind === 'schema 1') {
    const fsLayers = names.map((number) => ({ blobSum: descriptor(blobs, number).digest }));
    return json({ schemaVersion: 1, name: 'one', tag: `${manifests.length}`, fsLayers, history: [] });
  }
  if (kind === 'index') {
    // BuildKit caches are indexes of blobs.
    const children = names.map((number) => descriptor(number % 4 === 3 ? blobs : manifests, number));
    return json({ schemaVersion: 2, mediaType: OCI_IMAGE_INDEX, manifests: children, ...subjectField, ...unique });
  }
  const [config, ...layers] = names.map((number) => descriptor(blobs, number));
  return json({ schemaVersion: 2, mediaType: OCI_IMAGE_MANIFEST, config, layers, ...subjectField, ...unique });
}
