import { z } from 'zod';
import { decodeCrc32c, type ListPage, type ObjectInfo } from '../object-store/index.ts';

const count = z.union([z.string().regex(/^\d+$/), z.number()]).transform(Number);

const ObjectResource = z.object({
  name: z.string(),
  size: count.default(0),
  generation: z.union([z.string(), z.number()]).transform(String),
  contentType: z.string().default(''),
  crc32c: z.string().optional(),
  updated: z.string().default(''),
  metadata: z.record(z.string(), z.string()).default({}),
});

const ListResource = z.object({
  items: z.array(z.object({ name: z.string(), contentType: z.string().default('') })).default([]),
  prefixes: z.array(z.string()).default([]),
  nextPageToken: z.string().optional(),
});

const RewriteStep = z.object({ done: z.boolean(), rewriteToken: z.string().optional() });

export function parseObject(body: Buffer): ObjectInfo {
  const { name, updated, crc32c, generation, ...rest } = ObjectResource.parse(JSON.parse(body.toString()));
  return { ...rest, key: name, version: generation, crc32c: decodeCrc32c(crc32c), modifiedAt: new Date(updated) };
}

export function parsePage(body: Buffer): ListPage {
  const { items, prefixes, nextPageToken } = ListResource.parse(JSON.parse(body.toString()));
  return { items: items.map(({ name, contentType }) => ({ key: name, contentType })), prefixes, next: nextPageToken };
}

export function parseRewriteStep(body: Buffer): z.output<typeof RewriteStep> {
  return RewriteStep.parse(JSON.parse(body.toString()));
}
