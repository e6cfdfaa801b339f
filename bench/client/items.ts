import type { ImageShape } from './image.ts';

/** A task that all clients perform. */
export interface ClientItem {
  readonly id: string;
  readonly title: string;
  readonly work: 'push' | 'pull' | 'tags';
  readonly image: keyof ImageShapes;
  /** Environment variables of the clients. */
  readonly env?: Readonly<Record<string, string>>;
}

/** The sizes of the images. */
export interface ImageShapes {
  readonly large: ImageShape;
  readonly small: ImageShape;
}

export const FULL_SHAPES: ImageShapes = {
  large: { layers: 10, layerBytes: 50_000_000 },
  small: { layers: 40, layerBytes: 65_536 },
};

export const QUICK_SHAPES: ImageShapes = {
  large: { layers: 10, layerBytes: 200_000 },
  small: { layers: 40, layerBytes: 4096 },
};

export const CLIENT_ITEMS: readonly ClientItem[] = [
  { id: 'client-push-large', title: 'Push 500 MB in 10 layers', work: 'push', image: 'large' },
  { id: 'client-pull-large', title: 'Pull 500 MB in 10 layers', work: 'pull', image: 'large' },
  { id: 'client-push-small', title: 'Push 40 layers of 64 KiB', work: 'push', image: 'small' },
  { id: 'client-pull-small', title: 'Pull 40 layers of 64 KiB', work: 'pull', image: 'small' },
  { id: 'client-tags', title: 'List 100 tags', work: 'tags', image: 'small' },
  {
    id: 'client-tags-first',
    title: 'List 100 tags, first start after installation',
    work: 'tags',
    image: 'small',
    // Node must not reuse compiled code of an earlier start.
    env: { NODE_DISABLE_COMPILE_CACHE: '1' },
  },
];
