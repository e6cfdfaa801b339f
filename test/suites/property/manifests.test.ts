import assert from 'node:assert/strict';
import fc from 'fast-check';
import { type Manifest, parseManifest } from '../../../core/manifests/manifest.ts';
import {
  DOCKER_MANIFEST,
  DOCKER_MANIFEST_LIST,
  OCI_IMAGE_INDEX,
  OCI_IMAGE_MANIFEST,
} from '../../../core/model/media-types.ts';
import { descriptor, type Json, manifest, type Sent } from './manifest-documents.ts';
import { manifestFault } from './manifest-rules.ts';
import { outcomeOf } from './outcome.ts';
import { holds } from './property.ts';
import { anyText, nearly } from './texts.ts';

const bytesOf = (document: unknown): Buffer => Buffer.from(JSON.stringify(document));

/** The references of a document, as `place digest size role`. */
function referencesOf({ config, layers, manifests }: Json): string[] {
  const line = (at: string, role: string, { digest, size }: Json) =>
    `${at} ${String(digest)} ${Number(size ?? 0)} ${role}`;
  const isElsewhere = ({ mediaType, urls }: Json) =>
    /nondistributable|foreign/.test(String(mediaType)) && ((urls ?? []) as unknown[]).length > 0;
  const roleOf = (at: string, part: Json) => (at !== 'config' && isElsewhere(part) ? 'external' : 'blob');
  const children = (manifests ?? []) as Json[];
  const named: [string, Json][] = [
    ...(config === undefined || config === null ? [] : [['config', config as Json] as [string, Json]]),
    ...((layers ?? []) as Json[]).map((layer, index): [string, Json] => [`layers[${index}]`, layer]),
  ];
  return [
    ...named.map(([at, each]) => line(at, roleOf(at, each), each)),
    ...children.map((child, index) => line(`manifests[${index}]`, 'child', child)),
  ];
}

function assertKept({ references, subject, problems }: Manifest, document: Json): void {
  assert.deepEqual(problems, []);
  const kept = references.map(({ at, role, descriptor: { digest, size } }) => `${at} ${digest} ${size} ${role}`);
  assert.deepEqual(kept, referencesOf(document));
  assert.equal(subject?.digest, (document['subject'] as Json | null | undefined)?.['digest'] || undefined);
}

holds('a valid manifest is accepted with everything that it refers to', 500, () =>
  fc.property(manifest, ({ document, contentType, kind }) => {
    assert.equal(manifestFault(document, contentType), undefined);
    const parsed = parseManifest(bytesOf(document), contentType);
    assert.equal(parsed.mediaType, kind);
    assertKept(parsed, document);
    const config = document['config'] as Json | undefined;
    assert.equal(parsed.artifactType, document['artifactType'] || config?.['mediaType']);
    assert.deepEqual({ ...parsed.annotations }, { ...(document['annotations'] as Json | undefined) });
  }),
);

const odd = fc.oneof(
  fc.constantFrom<unknown>(null, [], {}, '', 0, -1, 1.5, 2 ** 53, 1e400, true, [null], 'sha256:', '1', '2'),
  fc.jsonValue(),
  anyText,
  descriptor,
);
const FIELDS = [
  ...['schemaVersion', 'mediaType', 'config', 'layers', 'manifests', 'fsLayers', 'subject', 'annotations', 'digest'],
  ...['size', 'urls', 'artifactType', 'platform', 'data', 'Layers', 'SIZE', 'Subject', 'os', '__proto__'],
];
type Change = (place: Json) => void;
const change: fc.Arbitrary<Change> = fc
  .tuple(fc.constantFrom(...FIELDS), odd, fc.boolean())
  .map(([field, value, removed]) => (place: Json) => {
    // A copy, because a later change may put the value into itself, which no document can hold.
    const own: unknown = structuredClone(value);
    if (removed) delete place[field];
    else Object.defineProperty(place, field, { value: own, enumerable: true, configurable: true, writable: true });
  });

/** Every object in a document, the outer ones first. */
function objectsIn(value: unknown): Json[] {
  if (typeof value !== 'object' || value === null) return [];
  const below = Object.values(value).flatMap(objectsIn);
  return Array.isArray(value) ? below : [value as Json, ...below];
}

function changed({ document }: Sent, changes: readonly [Change, number][]): Json {
  const copy = structuredClone(document);
  for (const [apply, place] of changes) {
    const places = objectsIn(copy);
    apply(places[place % places.length] ?? copy);
  }
  return copy;
}

const contentType = fc.constantFrom(
  ...[OCI_IMAGE_MANIFEST, OCI_IMAGE_INDEX, DOCKER_MANIFEST, DOCKER_MANIFEST_LIST],
  ...['application/json', 'text/plain', '', undefined],
);

/** Accepts a document exactly if the rules allow it. */
function assertByTheRules(bytes: Uint8Array, type: string | undefined): void {
  const outcome = outcomeOf(() => parseManifest(bytes, type));
  if ('refused' in outcome)
    assert.equal(outcome.refused === 'MANIFEST_INVALID' || outcome.refused === 'DIGEST_INVALID', true);
  const document: unknown = JSON.parse(Buffer.from(bytes).toString());
  const fault = manifestFault(document, type);
  const taken = 'value' in outcome && outcome.value.problems.length === 0;
  assert.equal(taken, fault === undefined, `${fault} in ${JSON.stringify(document)}`);
  if (taken) assertKept(outcome.value, document as Json);
}

holds('a manifest with fields changed, added or removed is accepted exactly if the rules allow it', 1500, () =>
  fc.property(
    manifest,
    fc.array(fc.tuple(change, fc.nat({ max: 40 })), { minLength: 1, maxLength: 3 }),
    fc.option(contentType, { nil: 'as sent' }),
    (sent, changes, type) => {
      const document = changed(sent, changes);
      assertByTheRules(bytesOf(document), type === 'as sent' ? sent.contentType : type);
    },
  ),
);

holds('any bytes are a manifest, or refused as one', 1500, () =>
  fc.property(
    fc.oneof(
      nearly(manifest.map(({ document }) => JSON.stringify(document))).map((text) => Buffer.from(text)),
      fc.uint8Array({ maxLength: 50 }),
      fc.json().map((text) => Buffer.from(text)),
    ),
    contentType,
    (bytes, type) => {
      const outcome = outcomeOf(() => parseManifest(bytes, type));
      if ('value' in outcome) assertByTheRules(bytes, type);
      else assert.match(outcome.refused, /^(?:MANIFEST_INVALID|DIGEST_INVALID)$/);
    },
  ),
);
