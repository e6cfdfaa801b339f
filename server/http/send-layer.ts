import { randomBytes } from 'node:crypto';
import { Readable } from 'node:stream';
import { RegistryError } from '../../core/model/errors.ts';
import type { Layer } from '../../core/registry/layer.ts';
import type { FileReader } from '../../core/storage/file-reader.ts';
import { formatEntityTag, matchesIfNoneMatch, matchesIfRange } from './entity-tag.ts';
import type { HttpSettings } from './http-settings.ts';
import { type ByteRange, parseRange } from './range.ts';
import type { Context } from './request-scope.ts';
import { sendEmpty } from './responses.ts';
import { sendStream } from './send-stream.ts';

/** Content never changes under its digest; distribution also allows a year. */
const CACHE_CONTROL = 'max-age=31536000, immutable';
const REDIRECT_EXPIRES_MS = 20 * 60 * 1000;
const PART_BUFFER_BYTES = 256 * 1024;

/** Answers GET or HEAD of a blob: the whole, ranges, not modified, or a redirect (RFC 9110 section 14). */
export async function sendLayer(ctx: Context, layer: Layer, settings: Pick<HttpSettings, 'redirect'>): Promise<void> {
  const { digest, size } = layer.descriptor;
  ctx.set('Docker-Content-Digest', digest);
  ctx.set('ETag', formatEntityTag(digest));
  ctx.set('Cache-Control', CACHE_CONTROL);
  if (matchesIfNoneMatch(ctx.req.headers['if-none-match'], digest)) {
    await layer.confirm?.();
    return sendEmpty(ctx, 304);
  }
  const method = ctx.method === 'HEAD' ? 'HEAD' : 'GET';
  const url = settings.redirect ? await layer.redirectUrl({ method, expiresInMs: REDIRECT_EXPIRES_MS }) : undefined;
  if (url !== undefined) {
    ctx.set('Location', url.href);
    return sendEmpty(ctx, 307);
  }
  ctx.set('Accept-Ranges', 'bytes');
  ctx.set('Content-Type', 'application/octet-stream');
  const ranges = method === 'HEAD' ? undefined : rangesOf(ctx, layer);
  const [only] = ranges ?? [{ start: 0, end: size }];
  if (ranges !== undefined && ranges.length > 1) return sendParts(ctx, await layer.reader(), ranges);
  if (only === undefined) throw new RegistryError('RANGE_NOT_SATISFIABLE', { range: ctx.get('Range'), size });
  ctx.status = ranges === undefined ? 200 : 206;
  if (ranges !== undefined) ctx.set('Content-Range', `bytes ${only.start}-${only.end - 1}/${size}`);
  ctx.length = only.end - only.start;
  if (method === 'HEAD') await layer.confirm?.();
  else await sendStream(ctx, await layer.open({ ...only, signal: ctx.state.scope.signal }));
}

function rangesOf(ctx: Context, { descriptor }: Layer): readonly ByteRange[] | undefined {
  if (!matchesIfRange(ctx.get('If-Range') || undefined, descriptor.digest)) return undefined;
  const ranges = parseRange(ctx.get('Range'), descriptor.size);
  if (ranges !== 'unsatisfiable') return ranges;
  throw new RegistryError('RANGE_NOT_SATISFIABLE', { range: ctx.get('Range').slice(0, 256), size: descriptor.size });
}

// Lazy pullers count the parts and expect them in the order of the request, so they are neither merged nor sorted.
function sendParts(ctx: Context, reader: FileReader, ranges: readonly ByteRange[]): void {
  const { size } = reader;
  const boundary = randomBytes(16).toString('hex');
  const heads = ranges.map(({ start, end }, index) =>
    Buffer.from(
      `${index === 0 ? '' : '\r\n'}--${boundary}\r\nContent-Type: application/octet-stream\r\n` +
        `Content-Range: bytes ${start}-${end - 1}/${size}\r\n\r\n`,
    ),
  );
  const tail = Buffer.from(`\r\n--${boundary}--\r\n`);
  ctx.status = 206;
  ctx.set('Content-Type', `multipart/byteranges; boundary=${boundary}`);
  ctx.body = Readable.from(readParts(reader, ranges, heads, tail), { objectMode: false });
  ctx.length =
    heads.reduce((sum, head) => sum + head.byteLength, tail.byteLength) +
    ranges.reduce((sum, { start, end }) => sum + end - start, 0);
}

async function* readParts(
  source: FileReader,
  ranges: readonly ByteRange[],
  heads: readonly Buffer[],
  tail: Buffer,
): AsyncGenerator<Buffer, void, undefined> {
  await using reader = source;
  for (const [index, { start, end }] of ranges.entries()) {
    yield heads[index] as Buffer;
    await reader.seek(start);
    while (reader.offset < end) {
      const buffer = Buffer.allocUnsafe(Math.min(PART_BUFFER_BYTES, end - reader.offset));
      const bytes = await reader.read(buffer);
      if (bytes === 0) throw new Error(`the blob ends at ${reader.offset} instead of ${end}`);
      yield buffer.subarray(0, bytes);
    }
  }
  yield tail;
}
