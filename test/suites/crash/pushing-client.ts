import { access } from 'node:fs/promises';
import { join } from 'node:path';
import { content } from '../../../testing/driver-case.ts';
import {
  digestOf,
  expectStatus,
  imageManifest,
  locationOf,
  OCI_MANIFEST,
  type Registry,
} from '../../helpers/http/with-registry.ts';
import type { Fetch, Push } from '../../helpers/invariants/acknowledged.ts';
import type { Random } from '../simulation/random.ts';

/** Where the clients push to. */
export const REPOSITORIES = ['crash/one', 'crash/two/deep'] as const;

/** An upload that the client has begun and that is not acknowledged yet. */
export interface OpenUpload {
  readonly repository: string;
  readonly bytes: Buffer;
  location: string;
  /** The request that was sent last; it may have had its effect. */
  last: { readonly method: 'PATCH' | 'PUT'; readonly body: Buffer } | undefined;
}

/** The knowledge of clients: acknowledged content, and requests in flight when the server ended. */
export class Ledger {
  readonly pushes: Push[] = [];
  readonly open = new Set<OpenUpload>();
  readonly #onStep: (step: 'answer' | 'end') => void;

  /** @param onStep called at each answer, and before each request that ends an upload or deletes a tag */
  constructor(onStep: (step: 'answer' | 'end') => void) {
    this.#onStep = onStep;
  }

  /** Takes a reference out of what was acknowledged. */
  forget(repository: string, reference: string): void {
    const index = this.pushes.findIndex((push) => push.repository === repository && push.reference === reference);
    if (index >= 0) this.pushes.splice(index, 1);
  }

  /** Counts a request that ends an upload or deletes a tag. */
  ending(): void {
    this.#onStep('end');
  }

  /** Counts an answer of the server. */
  answered<Result>(result: Result): Result {
    this.#onStep('answer');
    return result;
  }
}

/** Pushes one image after the other, and deletes some of their tags, until the server is gone. */
export async function pushUntilGone(
  registry: Registry,
  { ledger, random, lane }: { ledger: Ledger; random: Random; lane: string },
): Promise<void> {
  const repository = random.pick(REPOSITORIES);
  for (let image = 0; ; image += 1) {
    const tag = `${lane}-${image}`;
    try {
      await pushImage(registry, { ledger, random, repository, tag });
      if (random.below(4) === 0) await deleteTag(registry, { ledger, repository, tag });
    } catch (error) {
      if (isGone(error)) return;
      throw error;
    }
  }
}

/** Whether a request failed because the server was killed. */
export function isGone(error: unknown): boolean {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  return ['ECONNRESET', 'ECONNREFUSED', 'EPIPE', 'ERR_STREAM_PREMATURE_CLOSE'].includes(String(code));
}

async function pushImage(
  registry: Registry,
  { ledger, random, repository, tag }: { ledger: Ledger; random: Random; repository: string; tag: string },
): Promise<void> {
  const config = '{}';
  // As text, because that is what the manifest is made of.
  // Some are larger than what an upload holds in memory.
  const size = random.below(6) === 0 ? 700_000 : 8 + random.below(60_000);
  const layer = content(size, 1 + random.below(1 << 20)).toString('hex');
  await pushChunks(registry, { ledger, random, repository, bytes: Buffer.from(config) });
  await pushChunks(registry, { ledger, random, repository, bytes: Buffer.from(layer) });
  const body = imageManifest(layer);
  for (const reference of [tag, digestOf(body)]) {
    expectStatus(await registry.putManifest(repository, reference, { body, type: OCI_MANIFEST }), 201);
    ledger.answered(ledger.pushes.push({ kind: 'manifest', repository, reference, bytes: Buffer.from(body) }));
  }
}

/** Deletes a tag that was pushed; from the request on nobody may rely on it. */
async function deleteTag(
  registry: Registry,
  { ledger, repository, tag }: { ledger: Ledger; repository: string; tag: string },
): Promise<void> {
  ledger.forget(repository, tag);
  ledger.ending();
  ledger.answered(expectStatus(await registry.ask('DELETE', `/v2/${repository}/manifests/${tag}`), 202));
}

async function pushChunks(
  registry: Registry,
  { ledger, random, repository, bytes }: { ledger: Ledger; random: Random; repository: string; bytes: Buffer },
): Promise<void> {
  const location = ledger.answered(await registry.startUpload(repository));
  const upload: OpenUpload = { repository, bytes, location, last: undefined };
  ledger.open.add(upload);
  const chunks = random.below(3);
  // The PUT of many clients has no bytes.
  const isLastEmpty = chunks > 0 && random.below(2) === 0;
  const size = Math.ceil(bytes.byteLength / (isLastEmpty ? chunks : chunks + 1));
  for (let chunk = 0; chunk < chunks; chunk += 1) {
    const body = bytes.subarray(chunk * size, (chunk + 1) * size);
    upload.last = { method: 'PATCH', body };
    upload.location = ledger.answered(await registry.sendChunk(upload.location, body));
  }
  await finish(registry, { ledger, upload, body: bytes.subarray(chunks * size) });
}

async function finish(
  registry: Registry,
  { ledger, upload, body }: { ledger: Ledger; upload: OpenUpload; body: Buffer },
): Promise<void> {
  const { repository, bytes, location } = upload;
  const digest = digestOf(bytes);
  upload.last = { method: 'PUT', body };
  ledger.ending();
  expectStatus(await registry.finishUpload(location, digest, { body }), 201);
  ledger.open.delete(upload);
  ledger.answered(ledger.pushes.push({ kind: 'blob', repository, reference: digest, bytes }));
}

/**
 * Sends the last request once more, to the same location, as a client does whose connection broke; a chunk that was
 * accepted before is answered with the current offset. The end of an upload always succeeds, and again when it is
 * repeated.
 */
export async function repeatLast(registry: Registry, ledger: Ledger, upload: OpenUpload): Promise<void> {
  const { last, location, bytes } = upload;
  if (last === undefined) return goOn(registry, ledger, upload);
  if (last.method === 'PUT') {
    await finish(registry, { ledger, upload, body: last.body });
    expectStatus(await registry.finishUpload(location, digestOf(bytes), { body: last.body }), 201);
    return;
  }
  const answer = await registry.ask('PATCH', location, { body: last.body });
  upload.location = locationOf(answer.status === 416 ? answer : expectStatus(answer, 202));
  await sendRest(registry, ledger, upload);
}

/** Resumes an upload at the offset of its status, or starts again if its end was in flight. */
export async function goOn(registry: Registry, ledger: Ledger, upload: OpenUpload): Promise<void> {
  const status = await registry.ask('GET', upload.location);
  if (status.status === 404 && upload.last?.method === 'PUT') {
    upload.location = await registry.startUpload(upload.repository);
  } else {
    upload.location = locationOf(expectStatus(status, 204));
  }
  await sendRest(registry, ledger, upload);
}

function sendRest(registry: Registry, ledger: Ledger, upload: OpenUpload): Promise<void> {
  return finish(registry, { ledger, upload, body: upload.bytes.subarray(offsetOf(upload.location)) });
}

/** Whether only the content of a blob is stored, or only its link: the server died in between. */
export async function isHalfDone({ root }: Registry, { repository, bytes }: OpenUpload): Promise<boolean> {
  const [algorithm = '', hex = ''] = digestOf(bytes).split(':');
  const registry = join(root, 'docker/registry/v2');
  const content = join(registry, 'blobs', algorithm, hex.slice(0, 2), hex, 'data');
  const link = join(registry, 'repositories', repository, '_layers', algorithm, hex, 'link');
  return (await isFile(content)) !== (await isFile(link));
}

function isFile(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}

/** Whether no byte of an upload was acknowledged. */
export function isUntouched({ location }: OpenUpload): boolean {
  return offsetOf(location) === 0;
}

/** How many bytes the registry has: what its token says, because a Range of `0-0` means none or one. */
function offsetOf(location: string): number {
  const token = new URL(location, 'http://none').searchParams.get('_state') ?? '';
  const state = JSON.parse(Buffer.from(token, 'base64url').subarray(32).toString()) as { Offset: number };
  return state.Offset;
}

/** Fetches over HTTP. */
export function fetchOver(registry: Registry): Fetch {
  return async ({ kind, repository, reference }) => {
    const answer = await registry.ask('GET', `/v2/${repository}/${kind}s/${reference}`, {
      headers: { Accept: OCI_MANIFEST },
    });
    return answer.status === 404 ? undefined : expectStatus(answer, 200).body;
  };
}
