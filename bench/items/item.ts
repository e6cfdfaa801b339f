import type { Content } from '../content.ts';
import { type NamedBlob, OCI_MANIFEST } from '../load/artifact.ts';
import type { LoadResult } from '../load/load-result.ts';
import { runWrk } from '../load/wrk.ts';

const CONNECTIONS = 16;

/** A registry that is filled. */
export interface Target {
  readonly url: string;
  readonly content: Content;
}

/** A kind of load that is measured. */
export interface Item {
  readonly id: string;
  readonly title: string;
  readonly unit: 'requests/s' | 'MB/s' | 'pushes/s' | 'images/s' | 'tags/s';
  /** The bytes of new files that one run writes. */
  readonly newBytes?: (content: Content) => number;
  /** `undefined` when the registry does not support it, or lacks the content. */
  readonly run: (target: Target, round: string) => Promise<LoadResult | undefined>;
}

/** Repeated GETs of a path, by wrk. */
export function get(id: string, title: string, path: (content: Content) => string, connections = CONNECTIONS): Item {
  return {
    id,
    title,
    unit: 'requests/s',
    run: (target) => getLoad(`${target.url}${path(target.content)}`, target, connections),
  };
}

export async function getLoad(url: string, { content }: Target, connections: number): Promise<LoadResult | undefined> {
  const headers = { Accept: OCI_MANIFEST };
  // The first answer may come from the disk, which is not measured.
  const response = await fetch(url, { headers });
  await response.arrayBuffer();
  if (response.status === 404) return undefined;
  return runWrk({ url, connections, seconds: content.scale.seconds, headers });
}

/** The repository of the blobs that are read. */
export function blobPath({ digest }: NamedBlob): string {
  return `/v2/bench/app/blobs/${digest}`;
}
