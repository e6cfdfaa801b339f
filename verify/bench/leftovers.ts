import { digestOf } from '../content/content.ts';
import type { Answer } from './answer.ts';
import { blobPath, manifestPath } from './paths.ts';

/** Content that the checks have left in the registry. */
export interface Leftover {
  readonly kind: 'tag' | 'manifest' | 'blob' | 'upload';
  readonly repository: string;
  /** The path or URL by which it is deleted. */
  readonly target: string;
  /** Whether the registry has confirmed that it accepted it. */
  readonly isCertain: boolean;
}

/** A request that may have left something. */
interface Noted {
  /** The requested URL. */
  readonly target: URL;
  readonly body: unknown;
  /** `undefined` when there was none: the registry may have processed the request nevertheless. */
  readonly answer: Answer | undefined;
}

const PATH = /^\/v2\/(.+)\/(?:(manifests|blobs)\/([^/]+)|blobs\/uploads\/(.*))$/;

/** Records what the registry accepts, so that it can be removed. */
export class Leftovers {
  readonly #kept = new Map<string, Leftover>();
  /** By URL without the query, which can change with each chunk. */
  readonly #uploads = new Map<string, Leftover>();

  /** Tags first, then manifests, the newest first because it can refer to older ones, then blobs and uploads. */
  get all(): readonly Leftover[] {
    const kept = [...this.#kept.values()].reverse();
    const of = (kind: Leftover['kind']): Leftover[] => kept.filter((each) => each.kind === kind);
    return [...of('tag'), ...of('manifest'), ...of('blob'), ...this.#uploads.values()];
  }

  /** Records what a request may have left. */
  note(method: string, noted: Noted): void {
    const { target, answer } = noted;
    const [, repository = '', kind, reference = '', upload] = PATH.exec(target.pathname) ?? [];
    const isDone = answer !== undefined && answer.status >= 200 && answer.status <= 299;
    if (method === 'DELETE' && isDone) this.#noteDeleted(target);
    // A rejection leaves nothing; a server error can have occurred after the change.
    if (!isDone && answer !== undefined && answer.status < 500) return;
    if (method === 'PUT' && kind === 'manifests') this.#noteManifest({ repository, reference }, noted, isDone);
    else if (method === 'PUT') this.#noteFinished(repository, target, isDone);
    else if (method === 'POST' && upload === '') this.#noteBegun(repository, noted, isDone);
    else if (method === 'PATCH' && isDone) this.#noteUpload(repository, answer, target);
  }

  #noteBegun(repository: string, { target, answer }: Noted, isDone: boolean): void {
    const digest = target.searchParams.get('mount') ?? target.searchParams.get('digest');
    const mayBeWhole = digest !== null && answer?.status !== 202;
    if (mayBeWhole) this.#keep('blob', { repository, target: blobPath(repository, digest), isCertain: isDone });
    else if (answer !== undefined && isDone) this.#noteUpload(repository, answer);
  }

  #noteUpload(repository: string, answer: Answer, before?: URL): void {
    const location = answer.header('location');
    if (location === undefined || !URL.canParse(location, answer.url.href)) return;
    const url = new URL(location, answer.url);
    const known = before && this.#uploads.get(keyOf(before));
    if (before !== undefined) this.#uploads.delete(keyOf(before));
    const owner = known?.repository ?? repository;
    this.#uploads.set(keyOf(url), { kind: 'upload', repository: owner, target: url.href, isCertain: false });
  }

  #noteManifest(
    { repository, reference }: { readonly repository: string; readonly reference: string },
    { target, body, answer }: Noted,
    isCertain: boolean,
  ): void {
    const isDigest = reference.includes(':');
    const tags = [...(isDigest ? [] : [reference]), ...target.searchParams.getAll('tag')];
    for (const tag of tags) this.#keep('tag', { repository, target: manifestPath(repository, tag), isCertain });
    const computed = body instanceof Uint8Array ? digestOf(body) : answer?.header('docker-content-digest');
    const digest = isDigest ? reference : computed;
    if (digest !== undefined)
      this.#keep('manifest', { repository, target: manifestPath(repository, digest), isCertain });
  }

  /** @param repository empty if the upload is on another host */
  #noteFinished(repository: string, target: URL, isCertain: boolean): void {
    const digest = target.searchParams.get('digest');
    const owner = this.#uploads.get(keyOf(target))?.repository ?? repository;
    if (isCertain) this.#uploads.delete(keyOf(target));
    if (digest !== null && owner !== '')
      this.#keep('blob', { repository: owner, target: blobPath(owner, digest), isCertain });
  }

  #noteDeleted(target: URL): void {
    this.#uploads.delete(keyOf(target));
    this.#kept.delete(target.pathname);
  }

  #keep(kind: Leftover['kind'], leftover: Omit<Leftover, 'kind'>): void {
    const { target } = leftover;
    const isCertain = leftover.isCertain || this.#kept.get(target)?.isCertain === true;
    // Content that is pushed again counts as new.
    this.#kept.delete(target);
    this.#kept.set(target, { ...leftover, kind, isCertain });
  }
}

function keyOf(url: URL): string {
  return `${url.origin}${url.pathname}`;
}
