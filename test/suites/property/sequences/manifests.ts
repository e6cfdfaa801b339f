import assert from 'node:assert/strict';
import fc from 'fast-check';
import type { RegistryErrorCode } from '../../../../core/model/errors.ts';
import {
  DOCKER_MANIFEST,
  DOCKER_MANIFEST_LIST,
  OCI_IMAGE_INDEX,
  OCI_IMAGE_MANIFEST,
} from '../../../../core/model/media-types.ts';
import { digestOf, locationOf } from '../../../helpers/http/with-registry.ts';
import type { KnownManifest, KnownRepository, Model } from './model.ts';
import { type Act, algorithm, BODIES, name, seldom, steps, tag } from './step.ts';

const FOREIGN = 'application/vnd.docker.image.rootfs.foreign.diff.tar.gzip';

/** The parts of a manifest; numbers choose blobs of the small world, or manifests that were put before. */
interface Recipe {
  readonly type: string;
  readonly parts: readonly number[];
  /** Whether the repository may lack some parts. */
  readonly careless: boolean;
  readonly foreign: boolean;
  readonly subject: boolean;
  readonly fault: 'none' | 'size' | 'digest' | 'mixed' | 'type' | 'version';
}

interface Built extends KnownManifest {
  /** Why the registry must refuse it. */
  readonly refusal: RegistryErrorCode | undefined;
  /** Digests of content that the repository must have. */
  readonly needs: readonly string[];
}

const isIndex = (type: string): boolean => type === OCI_IMAGE_INDEX || type === DOCKER_MANIFEST_LIST;

function build(repository: KnownRepository, recipe: Recipe): Built {
  const { type, fault } = recipe;
  const known = [...repository.manifests].map(([digest, { type: mediaType, body }]) => {
    return { mediaType, digest, size: Buffer.byteLength(body) };
  });
  const missing = BODIES.map((body): [string, Buffer] => [digestOf(body), Buffer.from(body)]);
  const present = recipe.careless || repository.blobs.size === 0 ? missing : [...repository.blobs];
  const blobs = present.map(([digest, { byteLength: size }]) => ({ mediaType: 'application/x', digest, size }));
  const choices = isIndex(type) ? [...known, ...blobs] : blobs;
  const parts = recipe.parts.map((part) => choices[part % choices.length] ?? blobs[0]);
  const needs = parts.flatMap((part) => part?.digest ?? []);
  const foreign = { mediaType: FOREIGN, digest: digestOf('elsewhere'), size: 1, urls: ['https://elsewhere.example/x'] };
  const layers = [...parts.slice(1), ...(recipe.foreign ? [foreign] : [])];
  const content = isIndex(type) ? { manifests: parts } : { config: parts[0], layers };
  const subject = recipe.subject && { subject: { mediaType: type, digest: digestOf('nobody'), size: 6 } };
  const document = { schemaVersion: 2, mediaType: type, ...content, ...subject, ...FAULTS[fault] };
  return { body: JSON.stringify(document), type, needs, refusal: fault === 'none' ? undefined : REFUSALS[fault] };
}

// A fault in the subject leaves the rest readable, so that missing content is reported, too.
const FAULTS = {
  none: {},
  size: { subject: { mediaType: 'a/b', digest: digestOf('x'), size: -1 } },
  digest: { subject: { mediaType: 'a/b', digest: 'sha256:X', size: 1 } },
  mixed: { config: {}, layers: [], manifests: [] },
  type: { mediaType: 'text/plain' },
  version: { schemaVersion: 1 },
} as const;
const REFUSALS = {
  size: 'MANIFEST_INVALID',
  digest: 'DIGEST_INVALID',
  mixed: 'MANIFEST_INVALID',
  type: 'MANIFEST_INVALID',
  version: 'MANIFEST_INVALID',
} as const;

/** One code for each fault; none if the manifest must be stored. */
function problemsOf(
  repository: KnownRepository,
  { refusal, needs }: Built,
  fault: Recipe['fault'],
): RegistryErrorCode[] {
  const missing = needs
    .filter((digest) => !repository.blobs.has(digest) && !repository.manifests.has(digest))
    .map((): RegistryErrorCode => 'MANIFEST_BLOB_UNKNOWN');
  if (refusal === undefined) return missing;
  return fault === 'size' || fault === 'digest' ? [refusal, ...missing] : [refusal];
}

interface Put {
  readonly name: string;
  readonly recipe: Recipe;
  readonly to: 'tag' | 'digest' | 'wrong digest' | 'bad tag';
  readonly tags: readonly string[];
  readonly algorithm: string;
}

/** PUT of a manifest, by tag or by digest, with further tags. */
export const putManifest =
  (given: Put): Act =>
  async (model, world) => {
    const { name: repositoryName, tags, to } = given;
    const repository = model.repository(repositoryName);
    const built = build(repository, given.recipe);
    const isByTag = to === 'tag';
    const digest = digestOf(built.body, isByTag ? 'sha256' : given.algorithm);
    const [first = 'v1'] = tags;
    const reference = { tag: first, digest, 'wrong digest': digestOf('wrong', given.algorithm), 'bad tag': '-v1' }[to];
    const query = tags.map((each) => `tag=${each}`).join('&');
    const path = `/v2/${repositoryName}/manifests/${reference}?${query}`;
    const options = { body: built.body, headers: { 'Content-Type': `${built.type}; charset=utf-8` } };
    const problems = problemsAt(to, problemsOf(repository, built, given.recipe.fault), given.recipe.fault);
    if (problems.length > 0) return void (await world.refused(problems, 'PUT', path, options));
    const answer = await world.accepted(201, 'PUT', path, options);
    assert.equal(locationOf(answer), `/v2/${repositoryName}/manifests/${digest}`);
    assert.equal(answer.headers['docker-content-digest'], digest);
    const set = isByTag ? [reference] : [...new Set(tags)];
    assert.equal(answer.headers['oci-tag'], isByTag || set.length === 0 ? undefined : set.join(', '));
    model.putManifest(repositoryName, set, built, digest);
  };

/** The reference is checked before the content, but its digest is compared only with readable content. */
function problemsAt(to: Put['to'], problems: RegistryErrorCode[], fault: Recipe['fault']): RegistryErrorCode[] {
  if (to === 'bad tag') return ['TAG_INVALID'];
  const isReadable = fault === 'none' || fault === 'size' || fault === 'digest';
  return to === 'wrong digest' && isReadable ? ['DIGEST_INVALID'] : problems;
}

interface Reading {
  readonly name: string;
  readonly by: 'tag' | 'digest';
  readonly tag: string;
  readonly index: number;
}

/** The tag, or the digest of a manifest that some repository has. */
function referenceOf(model: Model, { by, tag: wanted, index, name: repositoryName }: Reading): string {
  const digests = [...model.repository(repositoryName).manifests.keys(), ...model.repository('a').manifests.keys()];
  return by === 'tag' ? wanted : (digests[index % Math.max(1, digests.length)] ?? digestOf('nothing'));
}

export const readManifest =
  (given: Reading & { method: string; known: boolean }): Act =>
  async (model, world) => {
    const reference = referenceOf(model, given);
    const path = `/v2/${given.name}/manifests/${reference}`;
    const found = model.repository(given.name).find(reference);
    if (found === undefined) return void (await world.refused(['MANIFEST_UNKNOWN'], given.method, path));
    const headers = given.known ? { 'If-None-Match': `"${found.digest}"` } : {};
    const answer = await world.accepted(given.known ? 304 : 200, given.method, path, { headers });
    assert.equal(answer.headers['docker-content-digest'], found.digest);
    if (given.known) return;
    assert.equal(answer.headers['content-type'], found.manifest.type);
    assert.equal(answer.headers['content-length'], String(Buffer.byteLength(found.manifest.body)));
    if (given.method === 'GET') assert.equal(answer.text, found.manifest.body);
  };

export const deleteManifest =
  (given: Reading): Act =>
  async (model, world) => {
    const reference = referenceOf(model, given);
    const path = `/v2/${given.name}/manifests/${reference}`;
    if (model.deleteManifest(given.name, reference)) await world.accepted(202, 'DELETE', path);
    else await world.refused(['MANIFEST_UNKNOWN'], 'DELETE', path);
  };

const recipe: fc.Arbitrary<Recipe> = fc.record({
  type: fc.constantFrom(OCI_IMAGE_MANIFEST, DOCKER_MANIFEST, OCI_IMAGE_INDEX, DOCKER_MANIFEST_LIST),
  parts: fc.array(fc.nat({ max: 7 }), { minLength: 1, maxLength: 3 }),
  careless: seldom(5),
  foreign: fc.boolean(),
  subject: fc.boolean(),
  fault: fc.constantFrom<Recipe['fault'][]>(
    ...Array.from({ length: 30 }, () => 'none' as const),
    'size',
    'digest',
    'mixed',
    'type',
    'version',
  ),
});
const reading = { name, by: fc.constantFrom<Reading['by'][]>('tag', 'digest'), tag, index: fc.nat({ max: 4 }) };
const tagOrDigest: Put['to'][] = ['tag', 'tag', 'tag', 'digest', 'digest'];
const put = fc.record({
  name,
  recipe,
  to: fc.constantFrom<Put['to'][]>(...tagOrDigest, ...tagOrDigest, 'wrong digest', 'bad tag'),
  tags: fc.array(tag, { maxLength: 3 }),
  algorithm,
});

export const manifestSteps = [
  steps(put, putManifest),
  steps(put, putManifest),
  steps(put, putManifest),
  steps(fc.record({ ...reading, method: fc.constantFrom('GET', 'HEAD'), known: seldom(4) }), readManifest),
  steps(fc.record(reading), deleteManifest),
];
