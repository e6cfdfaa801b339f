import {
  checkFieldNames,
  type Descriptor,
  foldedNames,
  isJsonObject,
  type JsonObject,
  manifestProblem,
  type Platform,
  parseAnnotations,
  parseDescriptor,
  parseMediaType,
} from './descriptor.ts';
import { RegistryError, RegistryErrors } from './errors.ts';
import {
  DOCKER_MANIFEST,
  DOCKER_MANIFEST_LIST,
  isManifestMediaType,
  isNonDistributable,
  MANIFEST_MEDIA_TYPES,
  type ManifestMediaType,
  OCI_IMAGE_INDEX,
  OCI_IMAGE_MANIFEST,
} from './media-types.ts';

/** A part of a manifest that other content must be there for. */
export interface ManifestReference {
  /** The place in the manifest, for example `layers[2]`. */
  readonly at: string;
  readonly descriptor: Descriptor;
  /**
   * `blob`: config or layer; `child`: of an index, a manifest or (BuildKit caches) a blob; `external`: a
   * layer that is fetched from elsewhere and never pushed.
   */
  readonly role: 'blob' | 'child' | 'external';
}

/** What the registry understands of a manifest; its bytes are kept as they came. */
export interface Manifest {
  readonly mediaType: ManifestMediaType;
  readonly references: readonly ManifestReference[];
  readonly subject: Descriptor | undefined;
  /** The manifest's own artifact type; an image manifest without one has its config's media type. */
  readonly artifactType: string | undefined;
  readonly annotations: Readonly<Record<string, string>> | undefined;
  /** Whether the manifest itself says of what media type it is, as all should. */
  readonly isTyped: boolean;
  /** What is wrong with single descriptors; whoever stores the manifest must refuse it for them. */
  readonly problems: readonly RegistryError[];
}

const FIELDS = foldedNames([
  'schemaVersion',
  'mediaType',
  'artifactType',
  'config',
  'layers',
  'manifests',
  'fsLayers',
  'subject',
  'annotations',
]);

/** Errors are much larger than what can cause them; a request must not fill the memory with them. */
const MAX_PROBLEMS = 1000;

/**
 * Reads a manifest: OCI image manifest or index, Docker schema 2 or manifest list. Unknown fields, artifact
 * types, config types and layer types are fine.
 * @param contentType the media type that the client gave, without parameters; `undefined` lets the content decide
 * @throws RegistryError `MANIFEST_INVALID` when the whole cannot be read; see `problems` for the parts
 * @throws RegistryErrors with the first thousand problems when there are as many
 */
export function parseManifest(bytes: Uint8Array, contentType: string | undefined): Manifest {
  const document = parseDocument(bytes);
  const mediaType = mediaTypeOf(document, contentType);
  checkShape(document, mediaType);
  const problems: RegistryError[] = [];
  const read: Read = (action) => collectProblem(problems, action);
  const references = isIndex(mediaType) ? readChildren(document, read) : readBlobs(document, read);
  const { subject, artifactType, annotations } = document;
  const config = references.find(({ at }) => at === 'config')?.descriptor;
  return {
    mediaType,
    references,
    subject: subject === undefined ? undefined : read(() => parseDescriptor(subject, 'subject')),
    // distribution-spec, "Listing Referrers": an empty artifact type counts as none.
    artifactType:
      artifactType === undefined || artifactType === ''
        ? config?.mediaType
        : read(() => parseMediaType(artifactType, 'artifactType')),
    annotations: annotations === undefined ? undefined : read(() => parseAnnotations(annotations, 'annotations')),
    isTyped: typeof document['mediaType'] === 'string' && document['mediaType'] !== '',
    problems,
  };
}

/** Whether manifests of this type list other manifests. */
export function isIndex(mediaType: ManifestMediaType): boolean {
  return mediaType === OCI_IMAGE_INDEX || mediaType === DOCKER_MANIFEST_LIST;
}

/** The child of an index that runs on `platform`; the first of several. */
export function childFor({ references }: Manifest, { os, architecture }: Platform): Descriptor | undefined {
  const isWanted = ({ platform }: Descriptor): boolean => platform?.os === os && platform.architecture === architecture;
  return references.find(({ role, descriptor }) => role === 'child' && isWanted(descriptor))?.descriptor;
}

type Read = <Value>(action: () => Value) => Value | undefined;

function collectProblem<Value>(problems: RegistryError[], action: () => Value): Value | undefined {
  try {
    return action();
  } catch (error) {
    if (!RegistryError.is(error)) throw error;
    problems.push(error);
    if (problems.length < MAX_PROBLEMS) return undefined;
    const [first = error, ...others] = problems;
    throw new RegistryErrors([first, ...others]);
  }
}

function readBlobs(document: JsonObject, read: Read): ManifestReference[] {
  const named: [string, unknown][] = [['config', document['config']]];
  for (const [index, layer] of listField(document, 'layers').entries()) named.push([`layers[${index}]`, layer]);
  return named.flatMap(([at, value]) => {
    const descriptor = read(() => parseDescriptor(value, at));
    if (descriptor === undefined) return [];
    return [{ at, descriptor, role: isNonDistributable(descriptor.mediaType) ? 'external' : 'blob' }];
  });
}

function readChildren(document: JsonObject, read: Read): ManifestReference[] {
  return listField(document, 'manifests').flatMap((value, index) => {
    const at = `manifests[${index}]`;
    const descriptor = read(() => parseDescriptor(value, at));
    return descriptor === undefined ? [] : [{ at, descriptor, role: 'child' }];
  });
}

function listField(document: JsonObject, field: 'layers' | 'manifests'): readonly unknown[] {
  const value = document[field];
  if (!Array.isArray(value)) throw manifestProblem(field, 'must be a list of descriptors');
  return value;
}

function parseDocument(bytes: Uint8Array): JsonObject {
  let document: unknown;
  try {
    document = JSON.parse(new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes));
  } catch (error) {
    throw new RegistryError('MANIFEST_INVALID', { reason: `is not JSON: ${(error as Error).message}` });
  }
  if (!isJsonObject(document)) throw new RegistryError('MANIFEST_INVALID', { reason: 'must be a JSON object' });
  checkFieldNames(document, FIELDS);
  if (document['schemaVersion'] !== 2) {
    const hint = document['schemaVersion'] === 1 ? '; Docker schema 1 is not supported, push schema 2 or OCI' : '';
    throw manifestProblem('schemaVersion', `must be 2${hint}`);
  }
  return document;
}

function mediaTypeOf(document: JsonObject, contentType: string | undefined): ManifestMediaType {
  // Some clients send an empty media type for none.
  const declared = document['mediaType'] === '' ? undefined : document['mediaType'];
  if (declared !== undefined && typeof declared !== 'string') throw manifestProblem('mediaType', 'must be a string');
  const given = contentType === 'application/json' || contentType === '' ? undefined : contentType;
  const mediaType = given ?? declared ?? ('manifests' in document ? OCI_IMAGE_INDEX : OCI_IMAGE_MANIFEST);
  if (!isManifestMediaType(mediaType)) {
    throw new RegistryError('MANIFEST_INVALID', {
      mediaType: mediaType.slice(0, 256),
      reason: `the media type must be one of ${MANIFEST_MEDIA_TYPES.join(', ')}`,
    });
  }
  const required = mediaType === DOCKER_MANIFEST || mediaType === DOCKER_MANIFEST_LIST;
  if (declared !== mediaType && (required || declared !== undefined)) {
    throw manifestProblem('mediaType', `must be ${mediaType}, as Content-Type says`);
  }
  return mediaType;
}

// CVE-2021-41190: a document that could be read as two kinds of manifest is neither.
function checkShape(document: JsonObject, mediaType: ManifestMediaType): void {
  const foreign = isIndex(mediaType) ? ['config', 'layers', 'fsLayers'] : ['manifests', 'fsLayers'];
  for (const field of foreign) {
    if (field in document) throw manifestProblem(field, `has no place in a ${mediaType}`);
  }
}
