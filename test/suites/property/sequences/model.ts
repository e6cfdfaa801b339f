import { digestOf } from '../../../helpers/http/with-registry.ts';

/** A manifest as it was pushed. */
export interface KnownManifest {
  readonly body: string;
  readonly type: string;
}

/** An upload, as its client knows it. */
export interface KnownUpload {
  readonly name: string;
  /** Path and query where it continues. */
  location: string;
  /** A location that was given before. */
  earlier: string;
  /** How many bytes the upload had when `earlier` was given. */
  earlierOffset: number;
  bytes: Buffer;
  /** Finished, cancelled or discarded. */
  gone: boolean;
}

/** The content of a repository. */
export class KnownRepository {
  /** Blobs by digest. */
  readonly blobs = new Map<string, Buffer>();
  /** Manifests by digest. */
  readonly manifests = new Map<string, KnownManifest>();
  /** Digests by tag. */
  readonly tags = new Map<string, string>();
  /** It has had a manifest. */
  isFounded = false;

  /** The manifest that a tag or a digest names. */
  find(reference: string): { digest: string; manifest: KnownManifest } | undefined {
    const digest = reference.includes(':') ? reference : (this.tags.get(reference) ?? '');
    const manifest = this.manifests.get(digest);
    return manifest && { digest, manifest };
  }
}

/** A registry in a few maps. It knows nothing of HTTP; the requests derive their expectations from it. */
export class Model {
  readonly uploads: KnownUpload[] = [];
  readonly #keepsEmptied: boolean;
  readonly #repositories = new Map<string, KnownRepository>();

  /** @param keepsEmptied whether a repository outlives its last manifest, as it does where folders do */
  constructor(keepsEmptied: boolean) {
    this.#keepsEmptied = keepsEmptied;
  }

  repository(name: string): KnownRepository {
    const known = this.#repositories.get(name) ?? new KnownRepository();
    this.#repositories.set(name, known);
    return known;
  }

  /** Whether the catalog has the repository. */
  isListed(name: string): boolean {
    const { manifests, isFounded } = this.repository(name);
    return this.#keepsEmptied ? isFounded : manifests.size > 0;
  }

  /** The repositories in the order of the catalog: component by component. */
  catalog(): string[] {
    return [...this.#repositories.keys()].filter((name) => this.isListed(name)).sort(byComponents);
  }

  addBlob(name: string, body: Buffer, digest: string): void {
    this.repository(name).blobs.set(digest, body);
  }

  putManifest(name: string, tags: readonly string[], manifest: KnownManifest, digest = digestOf(manifest.body)): void {
    const repository = this.repository(name);
    repository.isFounded = true;
    repository.manifests.set(digest, manifest);
    for (const tag of tags) repository.tags.set(tag, digest);
  }

  /** Removes a tag, or a manifest with its tags; returns whether it existed. */
  deleteManifest(name: string, reference: string): boolean {
    const { manifests, tags } = this.repository(name);
    if (!reference.includes(':')) return tags.delete(reference);
    for (const [tag, digest] of [...tags]) if (digest === reference) tags.delete(tag);
    return manifests.delete(reference);
  }
}

/** The order of names: `a` before `a/b` before `a-b`. */
export function byComponents(a: string, b: string): number {
  const [first, second] = [a.split('/'), b.split('/')];
  for (const [index, component] of first.entries()) {
    const other = second[index];
    if (other === undefined) return 1;
    if (component !== other) return component < other ? -1 : 1;
  }
  return first.length - second.length;
}
