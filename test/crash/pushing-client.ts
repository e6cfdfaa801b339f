import { content } from '../../testing/driver-case.ts';
import {
  digestOf,
  expectStatus,
  imageManifest,
  locationOf,
  OCI_MANIFEST,
  type Registry,
} from '../helpers/with-registry.ts';
import type { Fetch, Push } from '../invariants/acknowledged.ts';
import type { Random } from '../simulation/random.ts';

/** An upload that the client has begun and that nobody has acknowledged yet. */
export interface OpenUpload {
  readonly repository: string;
  readonly bytes: Buffer;
  location: string;
  /** The request that would end it was sent: it may have had its effect. */
  isFinishing: boolean;
}

/** What clients know: what was acknowledged, and what was under way when the server ended. */
export class Ledger {
  readonly pushes: Push[] = [];
  readonly open = new Set<OpenUpload>();
  readonly #onAnswer: () => void;

  constructor(onAnswer: () => void) {
    this.#onAnswer = onAnswer;
  }

  /** Counts an answer of the server. */
  answered<Result>(result: Result): Result {
    this.#onAnswer();
    return result;
  }
}

/** Pushes one image after the other until the server is gone. */
export async function pushUntilGone(
  registry: Registry,
  { ledger, random, lane }: { ledger: Ledger; random: Random; lane: string },
): Promise<void> {
  const repository = random.pick(['crash/one', 'crash/two/deep']);
  for (let image = 0; ; image += 1) {
    try {
      await pushImage(registry, { ledger, random, repository, tag: `${lane}-${image}` });
    } catch (error) {
      if (isGone(error)) return;
      throw error;
    }
  }
}

function isGone(error: unknown): boolean {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  return ['ECONNRESET', 'ECONNREFUSED', 'EPIPE', 'ERR_STREAM_PREMATURE_CLOSE'].includes(String(code));
}

async function pushImage(
  registry: Registry,
  { ledger, random, repository, tag }: { ledger: Ledger; random: Random; repository: string; tag: string },
): Promise<void> {
  const config = '{}';
  // As text, because that is what the manifest is made of.
  const layer = content(8 + random.below(60_000), 1 + random.below(1 << 20)).toString('hex');
  await pushChunks(registry, { ledger, random, repository, bytes: Buffer.from(config) });
  await pushChunks(registry, { ledger, random, repository, bytes: Buffer.from(layer) });
  const body = imageManifest(layer);
  for (const reference of [tag, digestOf(body)]) {
    expectStatus(await registry.putManifest(repository, reference, { body, type: OCI_MANIFEST }), 201);
    ledger.answered(ledger.pushes.push({ kind: 'manifest', repository, reference, bytes: Buffer.from(body) }));
  }
}

async function pushChunks(
  registry: Registry,
  { ledger, random, repository, bytes }: { ledger: Ledger; random: Random; repository: string; bytes: Buffer },
): Promise<void> {
  const location = ledger.answered(await registry.startUpload(repository));
  const upload: OpenUpload = { repository, bytes, location, isFinishing: false };
  ledger.open.add(upload);
  const chunks = random.below(3);
  const size = Math.ceil(bytes.byteLength / (chunks + 1));
  for (let chunk = 0; chunk < chunks; chunk += 1) {
    const body = bytes.subarray(chunk * size, (chunk + 1) * size);
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
  upload.isFinishing = true;
  expectStatus(await registry.finishUpload(location, digest, { body }), 201);
  ledger.open.delete(upload);
  ledger.answered(ledger.pushes.push({ kind: 'blob', repository, reference: digest, bytes }));
}

/** Goes on with an upload where the server says that it is, or begins anew where its end was under way. */
export async function resumeUpload(registry: Registry, ledger: Ledger, upload: OpenUpload): Promise<void> {
  const status = await registry.ask('GET', upload.location);
  if (status.status === 404 && upload.isFinishing) {
    upload.location = await registry.startUpload(upload.repository);
    return finish(registry, { ledger, upload, body: upload.bytes });
  }
  expectStatus(status, 204);
  upload.location = locationOf(status);
  await finish(registry, { ledger, upload, body: upload.bytes.subarray(offsetOf(upload.location)) });
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
