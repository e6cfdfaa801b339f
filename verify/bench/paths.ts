/** Paths of the API (distribution-spec, "Endpoints"). Nothing is escaped, so that a check can send malformed paths. */
export const PING = '/v2/';

export function manifestPath(repository: string, reference: string): string {
  return `/v2/${repository}/manifests/${reference}`;
}

export function blobPath(repository: string, digest: string): string {
  return `/v2/${repository}/blobs/${digest}`;
}

/** The path that begins uploads. */
export function uploadsPath(repository: string, query: Readonly<Record<string, string>> = {}): string {
  return withQuery(`/v2/${repository}/blobs/uploads/`, query);
}

export function tagsPath(repository: string, query: Readonly<Record<string, string>> = {}): string {
  return withQuery(`/v2/${repository}/tags/list`, query);
}

export function referrersPath(
  repository: string,
  digest: string,
  query: Readonly<Record<string, string>> = {},
): string {
  return withQuery(`/v2/${repository}/referrers/${digest}`, query);
}

/** Appends parameters to a URL or path; existing ones are unchanged. */
export function withQuery(target: string, query: Readonly<Record<string, string>>): string {
  const text = new URLSearchParams(query).toString();
  return text === '' ? target : `${target}${target.includes('?') ? '&' : '?'}${text}`;
}
