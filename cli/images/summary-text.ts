import type { Descriptor } from '../../core/model/descriptor.ts';
import { isJsonObject, type JsonObject } from '../../core/model/descriptor.ts';
import { formatBytes } from '../../core/model/units.ts';
import { countOf } from '../count-of.ts';
import { textTable } from '../text-table.ts';
import type { ImageSummary, PlatformSummary } from './image-summary.ts';

/** What is shown of how an image is run, by the field of its configuration. */
const CONFIG_FIELDS: Readonly<Record<string, string>> = {
  user: 'User',
  workdir: 'WorkingDir',
  entrypoint: 'Entrypoint',
  command: 'Cmd',
  ports: 'ExposedPorts',
};

type Row = readonly [name: string, value: string];

/** An image at a glance, for people. */
export function summaryText(image: string, summary: ImageSummary): string {
  const { digest, mediaType, artifactType, platform, created, size, layers = [], platforms = [] } = summary;
  const facts: Array<readonly [name: string, value: string | undefined]> = [
    ['image', image],
    ['digest', digest],
    ['type', mediaType],
    ['artifact', artifactType],
    ['platform', platform],
    ['created', created],
    ['size', size === undefined ? undefined : `${formatBytes(size)} in ${countOf(layers.length, 'layer')}`],
    ...configRows(summary.config),
  ];
  return [
    textTable(facts.filter((fact): fact is Row => fact[1] !== undefined)),
    section('platforms', platforms.map(platformRow)),
    section('layers', layers.map(layerRow)),
    section('labels', rowsOf(summary.config?.['Labels'])),
    section('annotations', rowsOf(summary.annotations)),
    section(
      'referrers',
      summary.referrers.map(({ digest: each, artifactType: type, mediaType: other }) => [each, type ?? other]),
    ),
  ].join('');
}

function configRows(config: JsonObject | undefined): Row[] {
  if (config === undefined) return [];
  return Object.entries(CONFIG_FIELDS).flatMap(([name, field]): Row[] => {
    const value = config[field];
    if (typeof value === 'string' && value !== '') return [[name, value]];
    if (Array.isArray(value) && value.length > 0) return [[name, JSON.stringify(value)]];
    return isJsonObject(value) ? [[name, Object.keys(value).join(' ')]] : [];
  });
}

function platformRow({ platform, digest, size, layers, images }: PlatformSummary): readonly string[] {
  if (images !== undefined) return [platform ?? 'an index', digest, `of ${countOf(images, 'image')}`];
  if (size === undefined) return [platform ?? '', digest, 'not here'];
  return [platform ?? '', digest, formatBytes(size), countOf(layers ?? 0, 'layer')];
}

function layerRow({ digest, size, mediaType }: Descriptor): readonly string[] {
  return [digest, formatBytes(size), mediaType];
}

function rowsOf(texts: unknown): Array<readonly string[]> {
  if (!isJsonObject(texts)) return [];
  return Object.entries(texts).map(([key, text]) => [key, String(text)]);
}

function section(name: string, rows: ReadonlyArray<readonly string[]>): string {
  if (rows.length === 0) return '';
  const lines = textTable(rows).trimEnd().split('\n');
  return `\n${name}\n${lines.map((line) => `  ${line}\n`).join('')}`;
}
