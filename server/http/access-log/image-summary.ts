import { formatBytes } from '../../../core/model/units.ts';

/** What a manifest is, for people: `3 layers, 3.4 MB`, `2 manifests`, or its own size where it is something else. */
export function imageSummary(bytes: Uint8Array): string {
  const manifest = parsed(bytes);
  const { layers, manifests, config } = manifest;
  if (Array.isArray(manifests)) return counted(manifests.length, 'manifest');
  if (!Array.isArray(layers)) return formatBytes(bytes.byteLength);
  const descriptors: readonly unknown[] = [config, ...(layers as readonly unknown[])];
  const size = descriptors.reduce<number>((sum, descriptor) => sum + sizeOf(descriptor), 0);
  return `${counted(layers.length, 'layer')}, ${formatBytes(size)}`;
}

interface AnyManifest {
  readonly layers?: unknown;
  readonly manifests?: unknown;
  readonly config?: unknown;
}

function parsed(bytes: Uint8Array): AnyManifest {
  try {
    const value: unknown = JSON.parse(Buffer.from(bytes).toString('utf8'));
    return typeof value === 'object' && value !== null ? value : {};
  } catch {
    return {};
  }
}

function sizeOf(descriptor: unknown): number {
  const size = typeof descriptor === 'object' && descriptor !== null && 'size' in descriptor ? descriptor.size : 0;
  return typeof size === 'number' ? size : 0;
}

function counted(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`;
}
