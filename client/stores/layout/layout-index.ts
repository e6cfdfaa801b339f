import { type Digest, isDigest } from '../../../core/digest/digest.ts';
import { isJsonObject, type JsonObject } from '../../../core/model/descriptor.ts';
import { isTag, type Tag } from '../../../core/model/reference.ts';
import { StoreError } from '../store-error.ts';

/** The name of an image in a layout (image-spec, "Pre-Defined Annotation Keys"). */
const REF_NAME = 'org.opencontainers.image.ref.name';

/** An image that `index.json` lists. */
export interface IndexEntry {
  readonly digest: Digest;
  readonly mediaType: string;
  /** Absent for an image without a name, or one whose name has no tag. */
  readonly tag: Tag | undefined;
  /** As it stands there, with everything that other tools have written. */
  readonly document: JsonObject;
}

/** `index.json` of a layout, immutable. What other tools have written stays as it is. */
export class LayoutIndex {
  readonly entries: readonly IndexEntry[];
  readonly #document: JsonObject;

  private constructor(document: JsonObject, entries: readonly IndexEntry[]) {
    this.#document = document;
    this.entries = entries;
  }

  /** An index without images. */
  static empty(): LayoutIndex {
    return new LayoutIndex(
      { schemaVersion: 2, mediaType: 'application/vnd.oci.image.index.v1+json', manifests: [] },
      [],
    );
  }

  /** @throws StoreError `invalid` for anything that is no index of images */
  static parse(bytes: Buffer, label: string): LayoutIndex {
    let document: unknown;
    try {
      document = JSON.parse(bytes.toString());
    } catch (cause) {
      throw new StoreError('invalid', `index.json of ${label} is not JSON`, { cause });
    }
    const manifests = isJsonObject(document) ? (document['manifests'] ?? []) : undefined;
    if (!isJsonObject(document) || !Array.isArray(manifests)) {
      throw new StoreError('invalid', `index.json of ${label} lists no images`);
    }
    return new LayoutIndex(
      document,
      manifests.map((entry: unknown, at) => parseEntry(entry, `${label}, index.json[${at}]`)),
    );
  }

  /** The image with the tag. Where several have it, the last one was written last. */
  find(tag: Tag): IndexEntry | undefined {
    return this.entries.findLast((entry) => entry.tag === tag);
  }

  /** With an image under each of the tags, or without one. Another image loses the tag. */
  with(image: JsonObject & { readonly digest: Digest }, tags: readonly Tag[]): LayoutIndex {
    const others = this.entries.filter(
      ({ tag, digest }) => !(tag === undefined ? digest === image.digest : tags.includes(tag)),
    );
    const isNamed = others.some(({ digest }) => digest === image.digest);
    const names = tags.length > 0 ? tags : isNamed ? [] : [undefined];
    const added = names.map((tag) => (tag === undefined ? image : { ...image, annotations: { [REF_NAME]: tag } }));
    return this.#having([...others.map(({ document }) => document), ...added]);
  }

  toString(): string {
    return JSON.stringify(this.#document);
  }

  #having(manifests: readonly JsonObject[]): LayoutIndex {
    return new LayoutIndex(
      { ...this.#document, manifests },
      manifests.map((entry) => parseEntry(entry, 'index.json')),
    );
  }
}

function parseEntry(entry: unknown, at: string): IndexEntry {
  if (!isJsonObject(entry)) throw new StoreError('invalid', `${at} is no descriptor`);
  const { digest, mediaType, annotations } = entry;
  if (typeof digest !== 'string' || !isDigest(digest)) throw new StoreError('invalid', `${at} has no digest`);
  const name = isJsonObject(annotations) ? annotations[REF_NAME] : undefined;
  return {
    digest,
    mediaType: typeof mediaType === 'string' ? mediaType : '',
    tag: typeof name === 'string' ? tagIn(name) : undefined,
    document: entry,
  };
}

/** Some tools write the whole name of the image instead of its tag. */
function tagIn(name: string): Tag | undefined {
  const tag = name.slice(name.lastIndexOf(':') + 1);
  return isTag(tag) ? tag : undefined;
}
