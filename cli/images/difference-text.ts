import type { Descriptor } from '../../core/model/descriptor.ts';
import { formatBytes } from '../../core/model/units.ts';
import { countOf } from '../count-of.ts';
import { printable } from '../printable.ts';
import type { ChangedSetting } from './changed-settings.ts';
import type { ChangedFile, FileDifference } from './compare-files.ts';
import type { ImageDifference } from './compare-images.ts';
import type { ChangedPlatform, IndexDifference } from './compare-indexes.ts';

/** What two images are called. */
interface ComparedNames {
  readonly first: string;
  readonly second: string;
}

const SIGNS: Readonly<Record<ChangedFile['change'], string>> = { added: '+', removed: '-', changed: '~' };

/** What differs between two images, for people: lines that begin with `-` are of the first, those with `+` of the second. */
export function differenceText(
  names: ComparedNames,
  { first, second, manifest, config, layers }: ImageDifference,
  files: readonly ChangedFile[] | undefined,
): string {
  if (first === second) return `the same image: ${first}\n`;
  return linesText([
    ...headLines(names, { first, second }),
    ...manifest.flatMap((setting) => settingLines(setting, 'manifest.')),
    ...config.flatMap((setting) => settingLines(setting)),
    `  ${layersText(layers.shared)} shared`,
    ...layers.onlyFirst.map((layer) => `- layer ${layerText(layer)}`),
    ...layers.onlySecond.map((layer) => `+ layer ${layerText(layer)}`),
    ...sizeLine(layers),
    ...(files ?? []).map(fileLine),
  ]);
}

/** What differs between two indexes, platform by platform. */
export function indexDifferenceText(
  names: ComparedNames,
  { first, second, manifest, platforms }: IndexDifference,
): string {
  if (first === second) return `the same index: ${first}\n`;
  return linesText([
    ...headLines(names, { first, second }),
    ...manifest.flatMap((setting) => settingLines(setting, 'index.')),
    `  ${countOf(platforms.same.length, 'platform')} with the same image`,
    ...platforms.onlyFirst.map(({ platform, digest }) => `- ${platform}  ${digest}`),
    ...platforms.onlySecond.map(({ platform, digest }) => `+ ${platform}  ${digest}`),
    ...platforms.changed.map(platformLine),
  ]);
}

function platformLine({ platform, first, second, layers }: ChangedPlatform): string {
  const start = `~ ${platform}  ${first} -> ${second}`;
  if (layers === undefined) return `${start}  not here`;
  const { shared, onlyFirst, onlySecond, firstSize, secondSize } = layers;
  const parts = [
    `${countOf(shared, 'layer')} shared`,
    ...(onlyFirst > 0 ? [`${onlyFirst} removed`] : []),
    ...(onlySecond > 0 ? [`${onlySecond} added`] : []),
    ...(firstSize === secondSize ? [] : [`${formatBytes(firstSize)} -> ${formatBytes(secondSize)}`]),
  ];
  return `${start}  ${parts.join(', ')}`;
}

function headLines(names: ComparedNames, digests: ComparedNames): string[] {
  return [`--- ${withDigest(names.first, digests.first)}`, `+++ ${withDigest(names.second, digests.second)}`];
}

function withDigest(name: string, digest: string): string {
  return name.endsWith(`@${digest}`) ? name : `${name}@${digest}`;
}

function settingLines({ at, first, second }: ChangedSetting, prefix = ''): string[] {
  return [
    ...(first === undefined ? [] : [`- ${prefix}${at}: ${first}`]),
    ...(second === undefined ? [] : [`+ ${prefix}${at}: ${second}`]),
  ];
}

function linesText(lines: readonly string[]): string {
  return lines.map((line) => `${printable(line)}\n`).join('');
}

function sizeLine({ onlyFirst, onlySecond }: ImageDifference['layers']): string[] {
  const difference = sizeOf(onlySecond) - sizeOf(onlyFirst);
  if (difference === 0) return [];
  return [`  the second is ${formatBytes(Math.abs(difference))} ${difference > 0 ? 'larger' : 'smaller'}`];
}

function fileLine(file: ChangedFile): string {
  const { path, change, differences } = file;
  const size = file.firstSize ?? file.secondSize;
  const sizes = size === undefined ? [] : [formatBytes(size)];
  const parts = differences?.map((each) => fieldText(each, file)) ?? sizes;
  return `${SIGNS[change]} /${path}${parts.length === 0 ? '' : `  ${parts.join(', ')}`}`;
}

function fieldText({ field, first, second }: FileDifference, { firstSize = 0, secondSize = 0 }: ChangedFile): string {
  if (field === 'kind') return `${first} -> ${second}`;
  if (field !== 'content') return `${field} ${first} -> ${second}`;
  const size = formatBytes(firstSize);
  return firstSize === secondSize ? `${size}, other bytes` : `${size} -> ${formatBytes(secondSize)}`;
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
