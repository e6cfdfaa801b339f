import { runJob } from '../load/job.ts';
import { blobPath, get, type Item } from './item.ts';

/** The parts of pulls. */
export const READS: readonly Item[] = [
  get('base', 'GET /v2/', () => '/v2/'),
  get('manifest-tag', 'GET manifest by tag', () => '/v2/bench/app/manifests/latest'),
  get('manifest-digest', 'GET manifest by digest', ({ manifest }) => `/v2/bench/app/manifests/${manifest.digest}`),
  {
    id: 'blob-head',
    title: 'HEAD blob of 4 KiB',
    unit: 'requests/s',
    run: ({ url, content: { small, scale } }) =>
      runJob({ kind: 'head', url: `${url}${blobPath(small)}`, seconds: scale.seconds, connections: 16 }),
  },
  get('blob-small', 'GET blob of 4 KiB', ({ small }) => blobPath(small)),
  ...[1, 4, 16].map(large),
];

function large(connections: number): Item {
  return {
    id: `blob-large-${connections}`,
    title: `GET blob of 64 MiB, ${connections} at a time`,
    unit: 'MB/s',
    run: ({ url, content: { large, scale } }) =>
      runJob({ kind: 'download', url: `${url}${blobPath(large)}`, seconds: scale.seconds, connections }),
  };
}
