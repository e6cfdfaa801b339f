import { type Digest, isDigest } from '../../../core/digest/digest.ts';
import { isJsonObject, type JsonObject } from '../../../core/model/descriptor.ts';
import type { Tag } from '../../../core/model/reference.ts';
import { tagIn, wholeName } from '../../references/image-names.ts';
import { StoreError } from '../store-error.ts';

/** The name of an image in a layout (image-spec, "Pre-Defined Annotation Keys"). */
const REF_NAME = 'org.opencontainers.image.ref.name';
/** The whole name, if the name is only the tag: Docker and BuildKit write it, and load an image under it. */
const WHOLE_NAME = 'io.containerd.image.name';

/** An image that `index.json` lists. */
export interface IndexEntry {
  readonly digest: Digest;
  readonly mediaType: string;
  /** Absent for an image without a name, or one whose name has no tag. */
  readonly tag: Tag | undefined;
  /** Its whole name, such as `team/app:v1`, unchanged; absent if the layout has only a tag. */
  readonly name: string | undefined;
  /** The entry unchanged, with everything that other tools have written. */
  readonly document: JsonObject;
}

/** `index.json` of a layout, immutable. What other tools have written is preserved. */
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

  /** @throws StoreError `invalid` for anything that is not an index of images */
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

  /**
   * The image with a whole name (`team/app:v1`) or a tag. A whole name does not match an image with another whole name,
   * even if their tags are equal. If several images have the name, the last one in the list counts.
   * @throws StoreError `ambiguous` for a tag that different images have under different whole names
   */
  find(name: string): IndexEntry | undefined {
    const whole = wholeName(name);
    const isOnlyTagged = (entry: IndexEntry): boolean => entry.name === undefined && entry.tag === tagIn(name);
    if (whole === undefined) return this.entries.findLast(isOnlyTagged) ?? this.#onlyNamed(name);
    return this.entries.findLast((entry) => isNamed(entry, whole)) ?? this.entries.findLast(isOnlyTagged);
  }

  /**
   * Adds an image under each of the names, which are tags or whole names, or without one. Another image loses the name,
   * and an image that has only the tag of a whole name loses it as well.
   */
  with(image: JsonObject & { readonly digest: Digest }, names: readonly string[]): LayoutIndex {
    const others = this.entries.filter((entry) =>
      refNameOf(entry.document) === undefined
        ? entry.digest !== image.digest
        : !names.some((name) => isReplaced(entry, name)),
    );
    const hasName = others.some(({ digest }) => digest === image.digest);
    const wanted = names.length > 0 ? names : hasName ? [] : [undefined];
    return this.#having([...others.map(({ document }) => document), ...wanted.map((name) => withName(image, name))]);
  }

  toString(): string {
    return JSON.stringify(this.#document);
  }

  /** @throws StoreError `ambiguous` */
  #onlyNamed(tag: string): IndexEntry | undefined {
    const tagged = this.entries.filter((entry) => entry.tag === tag);
    const newest = new Map(tagged.map((entry) => [wholeName(entry.name ?? ''), entry]));
    const [first, ...others] = newest.values();
    if (others.every(({ digest }) => digest === first?.digest)) return first;
    const names = [...newest.values()].map(({ name }) => name);
    throw new StoreError('ambiguous', `there are ${names.length} images with the tag ${tag}`, {
      detail: { names: names.slice(0, 10) },
      hint: `write the whole name of one: ${names.slice(0, 10).join(', ')}`,
    });
  }

  #having(manifests: readonly JsonObject[]): LayoutIndex {
    return new LayoutIndex(
      { ...this.#document, manifests },
      manifests.map((entry) => parseEntry(entry, 'index.json')),
    );
  }
}

function parseEntry(entry: unknown, at: string): IndexEntry {
  if (!isJsonObject(entry)) throw new StoreError('invalid', `${at} is not a descriptor`);
  const { digest, mediaType } = entry;
  if (typeof digest !== 'string' || !isDigest(digest)) throw new StoreError('invalid', `${at} has no digest`);
  const refName = refNameOf(entry);
  const named = refName !== undefined && wholeName(refName) === undefined ? annotationOf(entry, WHOLE_NAME) : refName;
  return {
    digest,
    mediaType: typeof mediaType === 'string' ? mediaType : '',
    tag: refName === undefined ? undefined : tagIn(refName),
    name: named === undefined || wholeName(named) === undefined ? undefined : named,
    document: entry,
  };
}

function isNamed({ name }: IndexEntry, whole: string): boolean {
  return name !== undefined && wholeName(name) === whole;
}

/** Other tools identify an image by its annotation alone, so a tag must appear only once. */
function isReplaced(entry: IndexEntry, name: string): boolean {
  const whole = wholeName(name);
  if (whole === undefined) return refNameOf(entry.document) === name;
  return isNamed(entry, whole) || (entry.name === undefined && entry.tag === tagIn(name));
}

function withName(image: JsonObject, name: string | undefined): JsonObject {
  if (name === undefined) return image;
  const isWhole = wholeName(name) !== undefined;
  return { ...image, annotations: { [REF_NAME]: tagIn(name) ?? name, ...(isWhole && { [WHOLE_NAME]: name }) } };
}

function refNameOf(entry: JsonObject): string | undefined {
  return annotationOf(entry, REF_NAME);
}

function annotationOf({ annotations }: JsonObject, key: string): string | undefined {
  const value = isJsonObject(annotations) ? annotations[key] : undefined;
  return typeof value === 'string' ? value : undefined;
}
