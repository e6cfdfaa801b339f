import type { Digest } from '../digest/digest.ts';
import { formatReference, type Reference, type RepositoryName, type UploadId } from '../model/reference.ts';
import { isUrlRoot } from './url-root.ts';

/** Query parameters; `undefined` ones are omitted, and lists are repeated parameters. */
export type UrlQuery = Readonly<Record<string, string | number | readonly string[] | undefined>>;

/**
 * Builds the URLs of the API (see ROUTES) below one root. Names, digests and ids are parsed values and need no escape,
 * so the `:` and `+` of a digest stay as they are; queries are sorted by name and percent-encoded.
 */
export class UrlBuilder {
  readonly root: string;

  /**
   * @param root what precedes `/v2/`: `https://host[:port]`, a path such as `/prefix`, both in this order, or nothing.
   * A trailing slash does not matter. URLs without a host are resolved against the URL of the request.
   * @throws TypeError for anything else
   */
  constructor(root: string) {
    const trimmed = root.endsWith('/') ? root.slice(0, -1) : root;
    if (!isUrlRoot(trimmed)) throw new TypeError(`${JSON.stringify(root)} cannot be the root of URLs`);
    this.root = trimmed;
  }

  /** The URL that tells a client whether this is a registry and whether it is admitted. */
  base(): string {
    return `${this.root}/v2/`;
  }

  /** The list of repositories. */
  catalog(query?: UrlQuery): string {
    return `${this.root}/v2/_catalog${formatQuery(query)}`;
  }

  /** The list of tags of a repository. */
  tags(name: RepositoryName, query?: UrlQuery): string {
    return `${this.root}/v2/${name}/tags/list${formatQuery(query)}`;
  }

  /** A manifest, by tag or by digest. */
  manifest(name: RepositoryName, reference: Reference): string {
    return `${this.root}/v2/${name}/manifests/${formatReference(reference)}`;
  }

  /** A blob. */
  blob(name: RepositoryName, digest: Digest): string {
    return `${this.root}/v2/${name}/blobs/${digest}`;
  }

  /** The manifests that refer to `subject`. */
  referrers(name: RepositoryName, subject: Digest): string {
    return `${this.root}/v2/${name}/referrers/${subject}`;
  }

  /** The URL that begins an upload. */
  upload(name: RepositoryName, query?: UrlQuery): string {
    return `${this.root}/v2/${name}/blobs/uploads/${formatQuery(query)}`;
  }

  /** The URL that resumes an upload. */
  uploadChunk(name: RepositoryName, uuid: UploadId, query?: UrlQuery): string {
    return `${this.root}/v2/${name}/blobs/uploads/${uuid}${formatQuery(query)}`;
  }
}

/**
 * The URL in the `Link` header of a page. It has no host, because clients reject a host other than the one they asked.
 * @param url the URL of the list, as a UrlBuilder returned it, without its query
 * @param query `n`, `last` (the last entry of this page), and every other parameter that the next request must carry
 */
export function nextPageUrl(url: string, query: UrlQuery & { readonly last: string }): string {
  return url.replace(/^https?:\/\/[^/]+/, '') + formatQuery(query);
}

function formatQuery(query: UrlQuery | undefined): string {
  if (query === undefined) return '';
  let text = '';
  for (const name of Object.keys(query).sort()) {
    for (const value of [query[name] ?? []].flat()) {
      text += `${text === '' ? '?' : '&'}${encodeURIComponent(name)}=${encodeURIComponent(value)}`;
    }
  }
  return text;
}
