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
import { isNonDistributable } from '../model/media-types.ts';
import type { ManifestMediaType } from './formats/index.ts';
import { checkShape, formatOf, isTyped, parseDocument } from './manifest-document.ts';
import type { ContentField, ManifestFormat } from './manifest-format.ts';

/** A place in a manifest that names other content. */
export interface ManifestReference {
  /** The place in the manifest, for example `layers[2]`. */
  readonly at: string;
  readonly descriptor: Descriptor;
  /**
   * `blob`: a config or layer; `child`: an entry of an index, which is a manifest or (BuildKit caches) a blob;
   * `external`: a layer that names URLs to fetch it from, and is never pushed.
   */
  readonly role: 'blob' | 'child' | 'external';
}

/** What the registry reads from a pushed manifest; the bytes are stored unchanged. */
export interface Manifest {
  readonly mediaType: ManifestMediaType;
  readonly references: readonly ManifestReference[];
  readonly subject: Descriptor | undefined;
  /** The manifest's own artifact type; an image manifest without one has its config's media type. */
  readonly artifactType: string | undefined;
  readonly annotations: Readonly<Record<string, string>> | undefined;
  /** Remarks about missing fields that are optional but recommended; one sentence each, at most ten. */
  readonly remarks: readonly string[];
  /** Problems with single descriptors; a manifest with problems must not be stored. */
  readonly problems: readonly RegistryError[];
}

/**
 * Errors are much larger than the text that causes them; the limit keeps a request from filling the memory with them.
 */
const MAX_PROBLEMS = 1000;
const MAX_REMARKS = 10;

/**
 * Parses a pushed manifest, in any format that clients can push. Unknown fields are allowed, and so is any text that is
 * only stored. As in Go, null is the same as a missing field, and a missing list is an empty one.
 * @param contentType the media type that the client gave, without parameters; with `undefined` the content decides
 * @throws RegistryError `MANIFEST_INVALID` when the document as a whole cannot be read; see `problems` for its parts
 * @throws RegistryErrors with the first thousand problems when there are as many
 */
export function parseManifest(bytes: Uint8Array, contentType: string | undefined): Manifest {
  const document = parseDocument(bytes);
  const format = formatOf(document, contentType);
  checkShape(document, format);
  const problems: RegistryError[] = [];
  const read: Read = (action) => collectProblem(problems, action);
  const references = format.content.flatMap((field) => readContent(document, field, read));
  const subject = subjectOf(document, read);
  const { artifactType, annotations } = document;
  const config = references.find(({ at }) => at === 'config')?.descriptor;
  return {
    mediaType: format.mediaType,
    references,
    subject,
    // distribution-spec, "Listing Referrers": an empty artifact type counts as missing.
    artifactType: read(() => parseText(artifactType, 'artifactType')) || config?.mediaType || undefined,
    annotations: isAbsent(annotations) ? undefined : read(() => parseAnnotations(annotations, 'annotations')),
    remarks: remarksOn(document, format, { references, subject }).slice(0, MAX_REMARKS),
    problems,
  };
}

function remarksOn(
  document: JsonObject,
  { content }: ManifestFormat,
  { references, subject }: Pick<Manifest, 'references' | 'subject'>,
): string[] {
  const remarks: string[] = [];
  if (!isTyped(document)) remarks.push('the manifest has no mediaType, so clients may mistake it for another kind');
  for (const { name, holds } of content) {
    if (holds === 'descriptors' && isAbsent(document[name]))
      remarks.push(`${name} is missing and treated as an empty list`);
  }
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

function readContent(document: JsonObject, field: ContentField, read: Read): ManifestReference[] {
  const { name, holds, role } = field;
  if (holds === 'descriptors') return readList(document, field, read);
  const descriptor = holds === 'descriptor' ? read(() => parseDescriptor(document[name], name)) : undefined;
  return descriptor === undefined ? [] : [{ at: name, descriptor, role }];
}

function readList(document: JsonObject, { name, role }: ContentField, read: Read): ManifestReference[] {
  const list = document[name] ?? [];
  if (!Array.isArray(list)) throw manifestProblem(name, 'must be a list of descriptors');
  const found: ManifestReference[] = [];
  for (const [index, value] of (list as unknown[]).entries()) {
    const at = `${name}[${index}]`;
    const descriptor = read(() => parseDescriptor(value, at));
    if (descriptor === undefined) continue;
    found.push({ at, descriptor, role: role === 'blob' && isExternal(descriptor) ? 'external' : role });
  }
  return found;
}

function isExternal({ mediaType, urls = [] }: Descriptor): boolean {
  return isNonDistributable(mediaType) && urls.length > 0;
}

// Go writes a descriptor without a digest if there is no subject.
function subjectOf({ subject }: JsonObject, read: Read): Descriptor | undefined {
  if (isAbsent(subject) || (isJsonObject(subject) && isNothing(subject['digest']))) return undefined;
  return read(() => parseDescriptor(subject, 'subject'));
}
