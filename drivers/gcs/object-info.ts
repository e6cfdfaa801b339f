import { z } from 'zod';
import { decodeCrc32c } from './crc32c.ts';

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

const ListPage = z.object({
  items: z.array(z.object({ name: z.string(), contentType: z.string().default('') })).default([]),
  prefixes: z.array(z.string()).default([]),
  nextPageToken: z.string().optional(),
});

const RewriteStep = z.object({ done: z.boolean(), rewriteToken: z.string().optional() });

/** The metadata of an object. */
export interface ObjectInfo {
  readonly key: string;
  /** In bytes. */
  readonly size: number;
  /** Changes with the content; never 0. */
  readonly generation: string;
  readonly contentType: string;
  readonly crc32c: number | undefined;
  readonly updatedAt: Date;
  readonly metadata: Readonly<Record<string, string>>;
}

/** One page of keys in byte order, and of their prefixes up to the delimiter. */
export type ListPage = z.output<typeof ListPage>;

export function parseObject(body: Buffer): ObjectInfo {
  const { name, updated, crc32c, ...rest } = ObjectResource.parse(JSON.parse(body.toString()));
  return { ...rest, key: name, crc32c: decodeCrc32c(crc32c), updatedAt: new Date(updated) };
}

export function parsePage(body: Buffer): ListPage {
  return ListPage.parse(JSON.parse(body.toString()));
}

export function parseRewriteStep(body: Buffer): z.output<typeof RewriteStep> {
  return RewriteStep.parse(JSON.parse(body.toString()));
}
