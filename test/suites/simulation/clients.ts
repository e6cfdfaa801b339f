import { digestOf } from '../../../core/digest/digest.ts';
import { RegistryError, type RegistryErrorCode } from '../../../core/model/errors.ts';
import type { RepositoryName } from '../../../core/model/reference.ts';
import { parseTag } from '../../../core/model/reference.ts';
import { bodyOf, drain } from '../../../testing/driver-case.ts';
import { tagged } from '../../helpers/content/registry-content.ts';
import { BLOBS, type KnownUpload, MANIFESTS, REPOSITORIES, type SimulatedProcess, TAGS, type World } from './world.ts';

/** Answers that a request may get while others work on the same content. */
const EXPECTED: ReadonlySet<RegistryErrorCode> = new Set<RegistryErrorCode>([
  'BLOB_UNKNOWN',
  'BLOB_UPLOAD_UNKNOWN',
  'MANIFEST_BLOB_UNKNOWN',
  'MANIFEST_UNKNOWN',
  'NAME_UNKNOWN',
  'RANGE_INVALID',
  // A deletion is undone only if its tag is free.
  'TAG_IMMUTABLE',
]);

const MAX_ROUNDS = 8;

type Request = (world: World, process: number) => Promise<void>;

const REQUESTS: readonly Request[] = [
  pushBlob,
  pushBlob,
  joinUpload,
  mount,
  putManifest,
  putManifest,
  putManifest,
  deleteManifest,
  deleteTag,
  deleteBlob,
  pull,
  list,
];

/** With operators, most deletions are undone. */
const REQUESTS_WITH_OPERATORS: readonly Request[] = [
  ...REQUESTS,
  deleteManifest,
  deleteTag,
  deleteBlob,
  ...Array.from({ length: 5 }, () => undelete),
];

/** What relies on content that is stored already, which a garbage collection may be about to remove. */
const RELYING_REQUESTS: readonly Request[] = [putManifest, putManifest, mount];

/**
 * Sends a few requests, one after the other. Rejects if an answer is not one that a client may get.
 * @param relies whether they all rely on content that is stored already
 */
export async function runClient(world: World, relies: boolean): Promise<void> {
  const { random, hasOperators } = world;
  const requests = hasOperators ? REQUESTS_WITH_OPERATORS : REQUESTS;
  for (let left = 1 + random.below(3); left > 0; left -= 1) {
    const request = random.pick(relies ? RELYING_REQUESTS : requests);
    await noted(world, tolerate(request(world, random.below(world.processes.length))));
  }
}

/** Garbage collections wait for the requests that began before them. */
async function noted(world: World, request: Promise<void>): Promise<void> {
  world.running.add(request);
  await request.finally(() => world.running.delete(request));
}

async function tolerate(request: Promise<void>): Promise<void> {
  try {
    await request;
  } catch (error) {
    if (!RegistryError.is(error) || !EXPECTED.has(error.code)) throw error;
  }
}

function at({ processes }: World, index: number): SimulatedProcess {
  const process = processes[index];
  if (process === undefined) throw new Error(`there is no process ${index}`);
  return process;
}

async function pushBlob(world: World, process: number): Promise<void> {
  const { random, uploads } = world;
  const repository = random.pick(REPOSITORIES);
  const bytes = random.pick(BLOBS);
  const isKnown = random.chance(0.5);
  const { uuid, startedAt } = await (async () => {
    await using upload = await at(world, process).layers.upload(repository);
    return upload.state;
  })();
  const upload = { repository, uuid, startedAt, begunBy: process, chunksBy: [], bytes };
  if (isKnown) uploads.push(upload);
  await goOn(world, upload);
}

async function joinUpload(world: World): Promise<void> {
  if (world.uploads.length > 0) await goOn(world, world.random.pick(world.uploads));
}

/** Asks for the offset of an upload, sends the next bytes, and so on to the end, as an interrupted client does. */
async function goOn(world: World, upload: KnownUpload): Promise<void> {
  const { random, processes } = world;
  for (let round = 0; round < MAX_ROUNDS; round += 1) {
    const process = random.below(processes.length);
    const stated = { uuid: upload.uuid, begunAt: upload.startedAt };
    const { offset } = await at(world, process).layers.status(upload.repository, stated);
    try {
      if (await sendNext(world, upload, { process, offset })) return;
    } catch (error) {
      if (!RegistryError.is(error, 'RANGE_INVALID')) throw error;
    }
  }
}

async function sendNext(
  world: World,
  known: KnownUpload,
  { process, offset }: { process: number; offset: number },
): Promise<boolean> {
  const { random, history } = world;
  const { repository, uuid, startedAt, bytes } = known;
  const { layers } = at(world, process);
  const digest = digestOf(bytes);
  const stated = { uuid, offset, begunAt: offset === 0 ? startedAt : undefined };
  const isLast = random.chance(0.5);
  const end = isLast ? bytes.byteLength : offset + random.below(bytes.byteLength - offset + 1);
  await using upload = await (isLast
    ? layers.resumeToFinish(repository, { ...stated, digest })
    : layers.resume(repository, stated));
  // A request without a body does not append.
  if (end > offset) await upload.append({ body: bodyOf(bytes.subarray(offset, end)), range: { start: offset, end } });
  if (isLast) await history.during({ kind: 'push-blob', repository, process, digest }, () => upload.finish(digest));
  else await upload.close();
  if (isLast) noteWays(world, known, process);
  else if (end > offset) known.chunksBy.push(process);
  return isLast;
}

function noteWays({ ways }: World, { begunBy, chunksBy }: KnownUpload, process: number): void {
  const [first = process] = chunksBy;
  if (chunksBy.length < 2) ways.add(chunksBy.length === 0 ? 'POST, PUT' : 'POST, PATCH, PUT');
  if (first !== begunBy) ways.add('handed over without bytes');
  if (chunksBy.some((taker) => taker !== process)) ways.add('handed over with bytes');
}

async function mount(world: World, process: number): Promise<void> {
  const [one, two] = REPOSITORIES;
  const [from, to] = world.random.chance(0.5) ? [one, two] : [two, one];
  const digest = digestOf(world.random.pick(BLOBS));
  await world.history.during({ kind: 'push-blob', repository: to, process, digest }, async () => {
    const mounted = await at(world, process).layers.mount(to, digest, from);
    if (mounted === undefined) throw new RegistryError('BLOB_UNKNOWN', { digest });
  });
}

async function putManifest(world: World, process: number): Promise<void> {
  const { random } = world;
  await put(world, process, { repository: random.pick(REPOSITORIES) });
}

/** Puts a manifest, unless answers refuse it that a client may get. */
export function pushTags(
  world: World,
  process: number,
  where: { readonly repository: RepositoryName; readonly tags: readonly string[] },
): Promise<void> {
  return noted(world, tolerate(put(world, process, where)));
}

async function put(
  world: World,
  process: number,
  { repository, tags: given }: { readonly repository: RepositoryName; readonly tags?: readonly string[] },
): Promise<void> {
  const { random, history } = world;
  const manifest = random.pick(MANIFESTS);
  const digest = digestOf(manifest.bytes);
  const tags = given ?? random.pick([[], [TAGS[0]], [TAGS[1]], TAGS]);
  await history.during({ kind: 'put', repository, process, digest, tags, needs: manifest.needs }, async () => {
    const others = tags.map((tag) => parseTag(tag));
    await at(world, process).manifests.put(repository, { kind: 'digest', digest }, { ...manifest, tags: others });
  });
}

async function deleteManifest(world: World, process: number): Promise<void> {
  const repository = world.random.pick(REPOSITORIES);
  const digest = digestOf(world.random.pick(MANIFESTS).bytes);
  await world.history.during({ kind: 'delete-manifest', repository, process, digest }, () =>
    at(world, process).manifests.delete(repository, { kind: 'digest', digest }),
  );
}

async function deleteTag(world: World, process: number): Promise<void> {
  const repository = world.random.pick(REPOSITORIES);
  const tag = world.random.pick(TAGS);
  await world.history.during({ kind: 'delete-tag', repository, process, tags: [tag] }, () =>
    at(world, process).manifests.delete(repository, tagged(tag)),
  );
}

async function deleteBlob(world: World, process: number): Promise<void> {
  const repository = world.random.pick(REPOSITORIES);
  const digest = digestOf(world.random.pick(BLOBS));
  await world.history.during({ kind: 'delete-blob', repository, process, digest }, () =>
    at(world, process).layers.delete(repository, digest),
  );
}

/**
 * Brings a manifest back, which must succeed if it was deleted and nobody has brought it back since; often deletes it
 * just before.
 */
async function undelete(world: World, process: number): Promise<void> {
  const { random, history } = world;
  const { undeleter } = at(world, process);
  const repository = random.pick(REPOSITORIES);
  const manifest = random.pick(MANIFESTS);
  const digest = digestOf(manifest.bytes);
  if (random.chance(0.5)) {
    await tolerate(
      history.during({ kind: 'delete-manifest', repository, process, digest }, () =>
        at(world, process).manifests.delete(repository, { kind: 'digest', digest }),
      ),
    );
  }
  const deed = { kind: 'undelete', repository, process, digest, needs: manifest.needs } as const;
  await history.during(deed, async (attempt) => {
    try {
      await undeleter?.undelete(repository, { kind: 'digest', digest }, { isForced: false });
    } catch (error) {
      // What a scrub has moved for a moment cannot be read.
      const isLost = !world.hasScrubs && history.mustComeBack(attempt) && !RegistryError.is(error, 'TAG_IMMUTABLE');
      if (isLost) throw new Error(`${digest} was deleted from ${repository} and cannot come back`, { cause: error });
      throw error;
    }
  });
}

async function pull(world: World, process: number): Promise<void> {
  const { random } = world;
  const { manifests, layers } = at(world, process);
  const repository = random.pick(REPOSITORIES);
  if (random.chance(0.5)) {
    const { digest, bytes } = await manifests.get(repository, tagged(random.pick(TAGS)));
    if (digestOf(bytes) !== digest) throw new Error(`a manifest was served as ${digest} that it is not`);
    return;
  }
  const digest = digestOf(random.pick(BLOBS));
  const layer = await layers.fetch(repository, digest);
  if (digestOf(await drain(await layer.open())) !== digest) throw new Error(`${digest} was served with other bytes`);
}

async function list(world: World, process: number): Promise<void> {
  const { tags, catalog } = at(world, process);
  const { items } = await tags.list(world.random.pick(REPOSITORIES), { limit: 10, after: undefined });
  const names: readonly string[] = TAGS;
  if (!items.every((tag) => names.includes(tag))) throw new Error(`tags were listed that nobody set: ${items.join()}`);
  await catalog.list({ limit: 10, after: undefined });
}
