import type { Descriptor } from '../../core/model/descriptor.ts';
import { countOf } from '../count-of.ts';
import { printable } from '../printable.ts';
import { formatBytes } from '../progress/quantities.ts';
import type { ChangedFile } from './compare-files.ts';
import type { ImageDifference } from './compare-images.ts';

const SIGNS: Readonly<Record<ChangedFile['change'], string>> = { added: '+', removed: '-', changed: '~' };

/** What differs between two images, for people: lines that begin with `-` are of the first, those with `+` of the second. */
export function differenceText(
  names: { readonly first: string; readonly second: string },
  { first, second, config, layers }: ImageDifference,
  files: readonly ChangedFile[] | undefined,
): string {
  if (first === second) return `the same image: ${first}\n`;
  const lines = [
    `--- ${names.first}@${first}`,
    `+++ ${names.second}@${second}`,
    ...config.flatMap(({ at, first: before, second: after }) => [
      ...(before === undefined ? [] : [`- ${at}: ${before}`]),
      ...(after === undefined ? [] : [`+ ${at}: ${after}`]),
    ]),
    `  ${layersText(layers.shared)} shared`,
    ...layers.onlyFirst.map((layer) => `- layer ${layerText(layer)}`),
    ...layers.onlySecond.map((layer) => `+ layer ${layerText(layer)}`),
    ...sizeLine(layers),
    ...(files ?? []).map(fileLine),
  ];
  return lines.map((line) => `${printable(line)}\n`).join('');
}

function sizeLine({ onlyFirst, onlySecond }: ImageDifference['layers']): string[] {
  const difference = sizeOf(onlySecond) - sizeOf(onlyFirst);
  if (difference === 0) return [];
  return [`  the second is ${formatBytes(Math.abs(difference))} ${difference > 0 ? 'larger' : 'smaller'}`];
}

function fileLine({ path, change, firstSize, secondSize }: ChangedFile): string {
  const sizes = [firstSize, secondSize].filter((size) => size !== undefined).map(formatBytes);
  return `${SIGNS[change]} /${path}${sizes.length === 0 ? '' : `  ${sizes.join(' -> ')}`}`;
}

function layersText(layers: readonly Descriptor[]): string {
  return `${countOf(layers.length, 'layer')} (${formatBytes(sizeOf(layers))})`;
}

function layerText({ digest, size }: Descriptor): string {
  return `${digest}  ${formatBytes(size)}`;
}

function sizeOf(layers: readonly Descriptor[]): number {
  return layers.reduce((sum, { size }) => sum + size, 0);
}
