import { type Answer, pathOf } from '../../../helpers/http/http-request.ts';
import { digestOf, withQuery } from '../../../helpers/http/with-registry.ts';
import { attempts, type CarefulClient } from './careful-client.ts';

/** Where an upload continues. */
interface Place {
  readonly location: string;
  readonly offset: number;
}

/**
 * Pushes a blob in chunks, each through the balancer, follows every Location, and asks for the status if it does not
 * know the offset. Gives the digest when the registry has said that it has the blob.
 */
export async function pushChunked(client: CarefulClient, repository: string, bytes: Buffer): Promise<string> {
  const digest = digestOf(bytes);
  for (const attempt of attempts(`push of ${digest}`)) {
    if (await tryPush(client, { repository, bytes, digest })) break;
    client.ledger.retry('upload begun anew');
    await client.pause(attempt);
  }
  client.ledger.blob(repository, digest);
  return digest;
}

interface Blob {
  readonly repository: string;
  readonly bytes: Buffer;
  readonly digest: string;
}

/** One upload from its beginning; `false` when the registry does not know it any more. */
async function tryPush(client: CarefulClient, blob: Blob): Promise<boolean> {
  const { repository, bytes } = blob;
  const begun = await client.ask('POST', `/v2/${repository}/blobs/uploads/`);
  if (begun.status !== 202) throw unexpected('POST', begun);
  let place: Place | undefined = { location: pathOf(begun.headers.location), offset: 0 };
  const chunkBytes = 1 + Math.ceil(bytes.byteLength / (1 + client.random.below(6)));
  for (const attempt of attempts(`upload of ${blob.digest}`)) {
    const end: number = Math.min(bytes.byteLength, place.offset + chunkBytes);
    const isLast = end === bytes.byteLength;
    if (isLast && (client.random.chance(0.5) || place.offset === end)) {
      if (await finish(client, blob, place)) return true;
      if (await hasBlob(client, blob)) return true;
      place = await statusOf(client, place.location);
    } else {
      place = await sendChunk(client, place, bytes.subarray(place.offset, end));
    }
    if (place === undefined) return await hasBlob(client, blob);
    if (client.random.chance(0.1)) place = (await statusOf(client, place.location)) ?? place;
    // Only what does not get on has to wait.
    if (place.offset < end) await client.pause(attempt % 6);
  }
  return false;
}

/** Sends one chunk and returns the new location; `undefined` if the upload is gone. */
async function sendChunk(client: CarefulClient, place: Place, body: Buffer): Promise<Place | undefined> {
  const { location, offset } = place;
  const answer = await client.tryOnce('PATCH', location, {
    body,
    headers: {
      'Content-Type': 'application/octet-stream',
      'Content-Range': `${offset}-${offset + body.byteLength - 1}`,
    },
  });
  if (answer?.status === 202) return placeOf(answer);
  if (answer?.status === 416) {
    client.ledger.retry('PATCH 416');
    return placeOf(answer);
  }
  // A forgotten token is no loss: the status gives a new one.
  if (answer !== undefined && ![400, 404].includes(answer.status)) throw unexpected('PATCH', answer);
  return await statusOf(client, location);
}

async function finish(client: CarefulClient, { bytes, digest }: Blob, { location, offset }: Place): Promise<boolean> {
  const body = bytes.subarray(offset);
  const headers = {
    'Content-Type': 'application/octet-stream',
    ...(body.byteLength === 0 ? {} : { 'Content-Range': `${offset}-${offset + body.byteLength - 1}` }),
  };
  const answer = await client.tryOnce('PUT', withQuery(location, { digest }), { body, headers });
  if (answer === undefined || answer.status === 201) return answer !== undefined;
  if (![400, 404, 416].includes(answer.status)) throw unexpected('PUT', answer);
  if (answer.text.includes('DIGEST_INVALID')) throw unexpected('PUT', answer);
  client.ledger.retry(`PUT ${answer.status}`);
  return false;
}

async function hasBlob(client: CarefulClient, { repository, digest }: Blob): Promise<boolean> {
  return (await client.ask('HEAD', `/v2/${repository}/blobs/${digest}`)).status === 200;
}

async function statusOf(client: CarefulClient, location: string): Promise<Place | undefined> {
  const answer = await client.ask('GET', location);
  if (answer.status === 404) return undefined;
  if (answer.status !== 204) throw unexpected('GET', answer);
  return placeOf(answer);
}

function placeOf(answer: Answer): Place {
  const end = /^0-(\d+)$/.exec(answer.headers.range ?? '')?.[1];
  if (end === undefined) throw unexpected('no Range', answer);
  // `0-0` stands for no byte and for one; chunks are longer, and a chunk that does not fit is refused.
  return { location: pathOf(answer.headers.location), offset: end === '0' ? 0 : Number(end) + 1 };
}

function unexpected(what: string, answer: Answer): Error {
  return new Error(`${what}: ${answer.status} ${JSON.stringify(answer.headers)} ${answer.text}`);
}
