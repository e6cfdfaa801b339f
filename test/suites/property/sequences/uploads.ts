import assert from 'node:assert/strict';
import fc from 'fast-check';
import type { RegistryErrorCode } from '../../../../core/model/errors.ts';
import type { Answer } from '../../../helpers/http/http-request.ts';
import { digestOf, locationOf, withQuery } from '../../../helpers/http/with-registry.ts';
import type { KnownUpload, Model } from './model.ts';
import { type Act, algorithm, name, seldom, steps } from './step.ts';
import type { World } from './world.ts';

/** Records an upload that the registry has begun. */
export function begin(model: Model, repository: string, answer: Answer): void {
  const location = locationOf(answer);
  assert.equal(answer.headers.range, '0-0');
  model.uploads.push({
    name: repository,
    location,
    earlier: location,
    earlierOffset: 0,
    bytes: Buffer.alloc(0),
    gone: false,
  });
}

/** Where an answer says that the upload continues, which must be after its last byte. */
function goOn(upload: KnownUpload, answer: Answer): void {
  assert.equal(answer.headers.range, `0-${Math.max(0, upload.bytes.byteLength - 1)}`);
  const location = locationOf(answer);
  assert.ok(location.startsWith(`/v2/${upload.name}/blobs/uploads/${String(answer.headers['docker-upload-uuid'])}?`));
  upload.location = location;
}

/** Remembers the location as one of the past, to be used again when it is stale. */
function leaveBehind(upload: KnownUpload, offset: number): void {
  if (offset === upload.earlierOffset) return;
  upload.earlier = upload.location;
  upload.earlierOffset = offset;
}

/** Which upload, and by which of its locations. */
interface Which {
  /** Counted from the latest. */
  readonly upload: number;
  readonly stale: boolean;
}
const which = { upload: fc.constantFrom(0, 0, 0, 1, 2, 3), stale: seldom(6) };

interface Chosen {
  readonly upload: KnownUpload;
  readonly location: string;
  /** Whether the registry will notice that the upload has advanced. */
  readonly isBehind: boolean;
}

function choose(model: Model, { upload: index, stale }: Which): Chosen | undefined {
  const upload = model.uploads.at(-1 - index);
  if (upload === undefined) return undefined;
  const isBehind = stale && upload.earlierOffset !== upload.bytes.byteLength;
  return { upload, location: stale ? upload.earlier : upload.location, isBehind };
}

export const startUpload =
  (given: { name: string; hint: string | undefined }): Act =>
  async (model, world) => {
    const query = given.hint === undefined ? '' : `?digest-algorithm=${given.hint}`;
    begin(model, given.name, await world.accepted(202, 'POST', `/v2/${given.name}/blobs/uploads/${query}`));
  };

type RangeKind = 'none' | 'right' | 'gap' | 'overlap' | 'too long' | 'reversed' | 'malformed';

interface Chunk extends Which {
  readonly text: string;
  readonly range: RangeKind;
  /** Send the chunk without Content-Length. */
  readonly streamed: boolean;
}

/** The first and the last byte that a chunk after `offset` claims to have. */
function described({ text, range }: Chunk, offset: number): readonly [first: number, last: number] | undefined {
  const last = offset + text.length - 1;
  switch (range) {
    case 'none':
      return undefined;
    case 'right':
      return [offset, last];
    case 'gap':
      return [offset + 1, last + 1];
    case 'overlap':
      return [offset - 1, last - 1];
    case 'too long':
      return [offset, last + 1];
    case 'reversed':
      return [offset + text.length, offset];
    case 'malformed':
      return [Number.NaN, offset];
  }
}

/** The fault of a chunk after `offset`. */
function chunkFault(chunk: Chunk, offset: number): RegistryErrorCode | undefined {
  const range = described(chunk, offset);
  if (range === undefined) return undefined;
  const [first, last] = range;
  const isLong = last - first + 1 === chunk.text.length;
  if (Number.isNaN(first) || first < 0 || last < 0) return 'BLOB_UPLOAD_INVALID';
  if (last < first) return 'RANGE_INVALID';
  if (!chunk.streamed && !isLong) return 'SIZE_INVALID';
  if (first !== offset) return 'RANGE_INVALID';
  return isLong ? undefined : 'SIZE_INVALID';
}

/** PATCH with a chunk. */
export const sendChunk =
  (given: Chunk): Act =>
  async (model, world) => {
    const chosen = choose(model, given);
    if (chosen === undefined) return;
    const { upload, location, isBehind } = chosen;
    const offset = upload.bytes.byteLength;
    const range = described(given, offset);
    const headers = range === undefined ? {} : { 'Content-Range': range.join('-') };
    const bytes = Buffer.from(given.text);
    const options = { headers, body: given.streamed ? onePiece(bytes) : bytes };
    if (upload.gone) return void (await world.refused(['BLOB_UPLOAD_UNKNOWN'], 'PATCH', location, options));
    const fault = isBehind ? 'RANGE_INVALID' : chunkFault(given, offset);
    if (fault === undefined) {
      const answer = await world.accepted(202, 'PATCH', location, options);
      leaveBehind(upload, offset);
      upload.bytes = Buffer.concat([upload.bytes, bytes]);
      return goOn(upload, answer);
    }
    const answer = await world.refused([fault], 'PATCH', location, options);
    // A wrong number of bytes shows only when they have arrived.
    if (fault === 'SIZE_INVALID' && given.streamed) upload.bytes = Buffer.concat([upload.bytes, bytes]);
    if (fault === 'RANGE_INVALID') goOn(upload, answer);
    else await refresh(upload, world);
  };

async function* onePiece(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes;
}

/** GET of an upload returns its offset, even after a failure. */
async function refresh(upload: KnownUpload, world: World): Promise<void> {
  goOn(upload, await world.accepted(204, 'GET', upload.location));
}

export const askStatus =
  (given: Which & { method: string }): Act =>
  async (model, world) => {
    const chosen = choose(model, given);
    if (chosen === undefined) return;
    const { upload, location } = chosen;
    if (upload.gone) await world.refused(['BLOB_UPLOAD_UNKNOWN'], given.method, location);
    else goOn(upload, await world.accepted(204, given.method, location));
  };

interface Finish extends Which {
  readonly text: string;
  readonly algorithm: string;
  readonly digest: 'right' | 'wrong' | 'malformed' | 'none';
  readonly size: 'none' | 'right' | 'wrong';
}

/** PUT with the digest, and perhaps with the last bytes. */
export const finishUpload =
  (given: Finish): Act =>
  async (model, world) => {
    const chosen = choose(model, given);
    if (chosen === undefined) return;
    const { upload, location, isBehind } = chosen;
    const whole = Buffer.concat([upload.bytes, Buffer.from(given.text)]);
    const digest = {
      right: digestOf(whole, given.algorithm),
      wrong: digestOf('wrong'),
      malformed: 'sha256:x',
      none: '',
    };
    const size = { none: '', right: String(whole.byteLength), wrong: String(whole.byteLength + 1) }[given.size];
    const path = withQuery(location, { digest: digest[given.digest], size });
    const options = { body: given.text };
    const refuse = (code: RegistryErrorCode) => world.refused([code], 'PUT', path, options);
    if (given.digest === 'malformed' || given.digest === 'none') return void (await refuse('DIGEST_INVALID'));
    const isStored = model.repository(upload.name).blobs.has(digest[given.digest]);
    if (isStored && (upload.gone || isBehind)) {
      // The answer to the request before may have been lost.
      if (given.size === 'wrong') return void (await refuse('SIZE_INVALID'));
      await world.accepted(201, 'PUT', path, options);
      upload.gone = true;
      return;
    }
    if (upload.gone) return void (await refuse('BLOB_UPLOAD_UNKNOWN'));
    if (isBehind) return goOn(upload, await refuse('RANGE_INVALID'));
    if (given.size === 'wrong') {
      await refuse('SIZE_INVALID');
      upload.bytes = whole;
      return refresh(upload, world);
    }
    upload.gone = true;
    if (given.digest === 'wrong') return void (await refuse('DIGEST_INVALID'));
    const answer = await world.accepted(201, 'PUT', path, options);
    assert.equal(locationOf(answer), `/v2/${upload.name}/blobs/${digest.right}`);
    model.addBlob(upload.name, whole, digest.right);
  };

export const cancelUpload =
  (given: Which): Act =>
  async (model, world) => {
    const chosen = choose(model, given);
    if (chosen === undefined) return;
    const { upload, location } = chosen;
    if (upload.gone) await world.refused(['BLOB_UPLOAD_UNKNOWN'], 'DELETE', location);
    else await world.accepted(204, 'DELETE', location);
    upload.gone = true;
  };

/** An upload's id with the token of another upload, or under the name of another repository. */
export const mixUp =
  (given: { upload: number; other: number; method: string }): Act =>
  async (model, world) => {
    const [first, second] = [
      choose(model, { upload: given.upload, stale: false }),
      choose(model, { upload: given.other, stale: false }),
    ];
    if (first === undefined || second === undefined || first.upload === second.upload) return;
    const [path = ''] = first.location.split('?');
    const [, token = ''] = second.location.split('?');
    // Nothing is stored of an upload without bytes, so that only its own token tells of it.
    const isUnknown = first.upload.gone || first.upload.bytes.length === 0;
    const code = isUnknown ? 'BLOB_UPLOAD_UNKNOWN' : 'BLOB_UPLOAD_INVALID';
    await world.refused([code], given.method, `${path}?${token}&digest=${digestOf('x')}`, { body: 'x' });
    if (!first.upload.gone) await refresh(first.upload, world);
  };

const text = fc.constantFrom('', 'x', '0123456789', '{}');
const range = fc.constantFrom<RangeKind[]>(
  'none',
  'none',
  'right',
  'right',
  'gap',
  'overlap',
  'too long',
  'reversed',
  'malformed',
);
const right = Array.from({ length: 9 }, () => 'right' as const);
const finish = fc.record({
  ...which,
  text,
  algorithm,
  digest: fc.constantFrom<Finish['digest'][]>(...right, 'wrong', 'malformed', 'none'),
  size: fc.constantFrom<Finish['size'][]>('none', 'none', 'none', 'right', 'right', 'wrong'),
});

export const uploadSteps = [
  steps(fc.record({ name, hint: fc.option(algorithm, { nil: undefined }) }), startUpload),
  steps(fc.record({ ...which, text, range, streamed: fc.boolean() }), sendChunk),
  steps(fc.record({ ...which, text, range, streamed: fc.boolean() }), sendChunk),
  steps(fc.record({ ...which, text, range, streamed: fc.boolean() }), sendChunk),
  steps(fc.record({ ...which, text, range, streamed: fc.boolean() }), sendChunk),
  steps(fc.record({ ...which, method: fc.constantFrom('GET', 'HEAD') }), askStatus),
  steps(finish, finishUpload),
  steps(fc.record(which), cancelUpload),
  steps(
    fc.record({ upload: which.upload, other: which.upload, method: fc.constantFrom('PATCH', 'PUT', 'DELETE') }),
    mixUp,
  ),
];
