import {
  type Descriptor,
  isAbsent,
  isJsonObject,
  isNothing,
  type JsonObject,
  manifestProblem,
  parseAnnotations,
  parseDescriptor,
  parseText,
} from '../model/descriptor.ts';
import { RegistryError, RegistryErrors } from '../model/errors.ts';
import { isNonDistributable, type ManifestMediaType } from '../model/media-types.ts';
import { checkShape, isIndex, isTyped, mediaTypeOf, parseDocument } from './manifest-document.ts';

/** A part of a manifest that other content must be there for. */
export interface ManifestReference {
  /** The place in the manifest, for example `layers[2]`. */
  readonly at: string;
  readonly descriptor: Descriptor;
  /**
   * `blob`: config or layer; `child`: of an index, a manifest or (BuildKit caches) a blob; `external`: a layer that
   * says from where else it is fetched, and is never pushed.
   */
  readonly role: 'blob' | 'child' | 'external';
}

/** What the registry understands of a manifest that is pushed; its bytes are kept as they came. */
export interface Manifest {
  readonly mediaType: ManifestMediaType;
  readonly references: readonly ManifestReference[];
  readonly subject: Descriptor | undefined;
  /** The manifest's own artifact type; an image manifest without one has its config's media type. */
  readonly artifactType: string | undefined;
  readonly annotations: Readonly<Record<string, string>> | undefined;
  /** What is missing though it may be; one sentence each, not more than ten. */
  readonly remarks: readonly string[];
  /** What is wrong with single descriptors; whoever stores the manifest must refuse it for them. */
  readonly problems: readonly RegistryError[];
}

/** Errors are much larger than what can cause them; a request must not fill the memory with them. */
const MAX_PROBLEMS = 1000;
const MAX_REMARKS = 10;

/**
 * Reads a manifest that is pushed: OCI image manifest or index, Docker schema 2 or manifest list. Unknown fields are
 * fine, and so is every text that is only stored. As in Go, null is the same as a field that is not there, and a list
 * that is not there is an empty one.
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
  const subject = subjectOf(document, read);
  const { artifactType, annotations } = document;
  const config = references.find(({ at }) => at === 'config')?.descriptor;
  return {
    mediaType,
    references,
    subject,
    // distribution-spec, "Listing Referrers": an empty artifact type counts as none.
    artifactType: read(() => parseText(artifactType, 'artifactType')) || config?.mediaType || undefined,
    annotations: isAbsent(annotations) ? undefined : read(() => parseAnnotations(annotations, 'annotations')),
    remarks: remarksOn(document, { mediaType, references, subject }).slice(0, MAX_REMARKS),
    problems,
  };
}

function remarksOn(
  document: JsonObject,
  { mediaType, references, subject }: Pick<Manifest, 'mediaType' | 'references' | 'subject'>,
): string[] {
  const list = isIndex(mediaType) ? 'manifests' : 'layers';
  const remarks: string[] = [];
  if (!isTyped(document))
    remarks.push('the manifest has no mediaType; all should, and clients may take it for another');
  if (isAbsent(document[list])) remarks.push(`${list} is missing; it is taken for an empty list`);
  if (subject === undefined && !isAbsent(document['subject'])) remarks.push('the subject has no digest; it is ignored');
  for (const { at, descriptor } of references) {
    if (descriptor.mediaType === '') remarks.push(`${at} has no mediaType`);
  }
  return remarks;
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
  const config = read(() => parseDescriptor(document['config'], 'config'));
  const layers = readList(document, 'layers', read).map(({ at, descriptor }): ManifestReference => {
    const isExternal = isNonDistributable(descriptor.mediaType) && (descriptor.urls ?? []).length > 0;
    return { at, descriptor, role: isExternal ? 'external' : 'blob' };
  });
  return config === undefined ? layers : [{ at: 'config', descriptor: config, role: 'blob' }, ...layers];
}

function readChildren(document: JsonObject, read: Read): ManifestReference[] {
  return readList(document, 'manifests', read).map((each) => ({ ...each, role: 'child' }));
}

function readList(document: JsonObject, field: 'layers' | 'manifests', read: Read): Omit<ManifestReference, 'role'>[] {
  const list = document[field] ?? [];
  if (!Array.isArray(list)) throw manifestProblem(field, 'must be a list of descriptors');
  const found: Omit<ManifestReference, 'role'>[] = [];
  for (const [index, value] of (list as unknown[]).entries()) {
    const at = `${field}[${index}]`;
    const descriptor = read(() => parseDescriptor(value, at));
    if (descriptor !== undefined) found.push({ at, descriptor });
  }
  return found;
}

// A descriptor that names nothing is what Go writes for none.
function subjectOf({ subject }: JsonObject, read: Read): Descriptor | undefined {
  if (isAbsent(subject) || (isJsonObject(subject) && isNothing(subject['digest']))) return undefined;
  return read(() => parseDescriptor(subject, 'subject'));
}
