import type { Content } from '../content.ts';
import { runJob } from '../load/job.ts';
import type { Item } from './item.ts';

/** Eight clients together push this many times as many images as one. */
const IMAGES_OF_EIGHT = 3;
const LAYERS = 3;

/** The parts of pushes, and whole pushes. */
export const PUSHES: readonly Item[] = [
  images('image-1', 'Push images, 1 client', { connections: 1 }),
  images('image-8', 'Push images, 8 clients', {}),
  images('image-patch-8', 'Push images with PATCH, 8 clients', { hasPatch: true }),
  images('image-large-8', 'Push images with layers of 1 MiB, 8 clients, new connections', {
    layerBytes: ({ scale }) => scale.largeLayerBytes,
    keepsConnections: false,
  }),
  {
    id: 'tags-set',
    title: 'Set tags, 1 client',
    unit: 'tags/s',
    run: ({ url, content: { scale, smallImage } }, round) =>
      runJob({
        kind: 'set-tags',
        url,
        repository: 'bench/set-tags',
        prefix: round.replaceAll(/\W+/g, '-'),
        manifest: smallImage,
        count: scale.newTags,
        connections: 1,
      }),
  },
  push('push-small', 'Push 200 blobs of 4 KiB, 8 at a time', ({ scale }) => ({
    bytes: scale.smallBytes,
    count: scale.smallPushes,
    connections: 8,
  })),
  push('push-monolithic', 'Push 512 MiB in one request', ({ scale }) => ({
    bytes: scale.pushBytes,
    count: 1,
    connections: 1,
  })),
  push('push-chunked', 'Push 512 MiB in chunks of 16 MiB', ({ scale }) => ({
    bytes: scale.pushBytes,
    chunkBytes: scale.chunkBytes,
    count: 1,
    connections: 1,
  })),
];

interface ImagesOptions {
  readonly connections?: number;
  readonly layerBytes?: (content: Content) => number;
  readonly hasPatch?: boolean;
  readonly keepsConnections?: boolean;
}

function images(id: string, title: string, options: ImagesOptions): Item {
  const { connections = 8, layerBytes = ({ scale }) => scale.layerBytes, hasPatch = false } = options;
  const countOf = ({ scale }: Content): number => scale.images * (connections === 1 ? 1 : IMAGES_OF_EIGHT);
  return {
    id,
    title,
    unit: 'images/s',
    newBytes: (content) => countOf(content) * LAYERS * layerBytes(content),
    run: ({ url, content }, round) =>
      runJob({
        kind: 'images',
        url,
        repository: 'bench/images',
        seed: `${id} ${round}`,
        count: countOf(content),
        connections,
        layerBytes: layerBytes(content),
        hasPatch,
        keepsConnections: options.keepsConnections ?? true,
      }),
  };
}

function push(
  id: string,
  title: string,
  what: (content: Content) => { bytes: number; chunkBytes?: number; count: number; connections: number },
): Item {
  return {
    id,
    title,
    unit: id === 'push-small' ? 'pushes/s' : 'MB/s',
    newBytes: (content) => what(content).bytes * what(content).count,
    run: ({ url, content }, round) =>
      runJob({ kind: 'push', url, repository: 'bench/push', seed: `${id} ${round}`, ...what(content) }),
  };
}
