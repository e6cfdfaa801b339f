import { algorithmOf, type Digest, isDigest } from '../../core/digest/digest.ts';
import { manifestDigest } from '../../core/manifests/manifest-digest.ts';
import type { Descriptor } from '../../core/model/descriptor.ts';
import {
  DOCKER_MANIFEST,
  DOCKER_MANIFEST_LIST,
  OCI_IMAGE_INDEX,
  OCI_IMAGE_MANIFEST,
  SCHEMA_1_SIGNED_MANIFEST,
} from '../../core/model/media-types.ts';
import { type Reference, type RepositoryName, type Tag } from '../../core/model/reference.ts';
import type { CallContext } from '../../core/registry/call-context.ts';
import type {
  GetOptions,
  ManifestService,
  NewManifest,
  PutManifest,
  StoredManifest,
} from '../../core/registry/manifest-service.ts';
import { tagsOfPush } from '../../core/registry/manifest-service.ts';
import { deleteFrom, pullFrom, pushTo } from '../auth/scopes.ts';
import type { HttpAnswer } from '../http/http-answer.ts';
import { withParameter } from '../http/location.ts';
import { expectStatus } from '../http/read-failure.ts';
import { TransferError } from '../http/transfer-error.ts';
import { MAX_DOCUMENT_BYTES } from '../max-document-bytes.ts';
import { HeadRequests } from './head-requests.ts';
import { manifestTypeOf } from './manifest-type.ts';
import type { RemoteClient } from './remote-client.ts';

const IMAGES = [OCI_IMAGE_MANIFEST, DOCKER_MANIFEST, SCHEMA_1_SIGNED_MANIFEST];
const ALL_TYPES = [OCI_IMAGE_INDEX, DOCKER_MANIFEST_LIST, ...IMAGES, '*/*'].join(', ');

/** The repository and reference of a manifest. */
interface Place {
  readonly name: RepositoryName;
  readonly reference: Reference;
}

/** The manifests of a remote registry. Their bytes are verified against their digests, whatever the registry says. */
export class RemoteManifestService implements ManifestService {
  readonly #client: RemoteClient;
  readonly #heads: HeadRequests;

  constructor(client: RemoteClient) {
    this.#client = client;
    this.#heads = new HeadRequests(client);
  }

  async exists(name: RepositoryName, reference: Reference, context: CallContext = {}): Promise<boolean> {
    const answer = await this.#heads.send(this.#request({ name, reference }, context));
    await answer.drop();
    if (answer.status === 404) return false;
    await expectStatus(answer, 200);
    return true;
  }

  /**
   * The descriptor of a manifest, as the registry states it, without reading its bytes.
   * @throws RemoteError `MANIFEST_UNKNOWN`
   */
  async stat(name: RepositoryName, reference: Reference, context: CallContext = {}): Promise<Descriptor> {
    const answer = await expectStatus(await this.#heads.send(this.#request({ name, reference }, context)), 200);
    await answer.drop();
    const digest = digestIn(answer);
    const size = answer.contentLength;
    const isKnown = digest !== undefined && size !== undefined;
    if (isKnown && (reference.kind === 'tag' || reference.digest === digest)) {
      return { mediaType: typeIn(answer) ?? '', digest, size };
    }
    const { bytes, ...manifest } = await this.get(name, reference, {}, context);
    return { ...manifest, size: bytes.byteLength };
  }

  async get(
    name: RepositoryName,
    reference: Reference,
    { withoutLists = false }: GetOptions = {},
    context: CallContext = {},
  ): Promise<StoredManifest> {
    const accept = withoutLists ? IMAGES.join(', ') : ALL_TYPES;
    const request = { method: 'GET', ...this.#request({ name, reference }, context, accept) } as const;
    return this.#client.read(request, async (answer) => {
      await expectStatus(answer, 200);
      const bytes = await answer.readBytes(MAX_DOCUMENT_BYTES);
      const digest = verifiedDigest(answer, bytes, reference);
      const isNamed = reference.kind === 'digest' || digestIn(answer) !== undefined;
      return { digest, bytes, mediaType: manifestTypeOf(answer, bytes, { said: typeIn(answer), isNamed }) };
    });
  }

  /** The returned digest is that of the tags, if there are any: a registry may compute another digest for them. */
  async put(
    name: RepositoryName,
    reference: Reference,
    manifest: NewManifest,
    context: CallContext = {},
  ): Promise<PutManifest> {
    const [first, ...others] = tagsOfPush(reference, manifest);
    const url = this.#url({ name, reference });
    if (reference.kind === 'tag' || first === undefined) {
      const put = await this.#put({ name, reference }, url, manifest, context);
      for (const tag of others) await this.#putTag(name, tag, manifest, context);
      return put;
    }
    // One request sets all tags if the registry supports it.
    const tags = [first, ...others];
    const query = tags.reduce((text, tag) => withParameter(text, 'tag', tag), url);
    const { accepted, ...put } = await this.#put({ name, reference }, query, manifest, context);
    let { digest } = put;
    for (const tag of tags) if (!accepted.has(tag)) ({ digest } = await this.#putTag(name, tag, manifest, context));
    return { ...put, digest };
  }

  async delete(name: RepositoryName, reference: Reference, context: CallContext = {}): Promise<void> {
    const url = this.#url({ name, reference });
    const answer = await this.#client.send({ method: 'DELETE', url, access: deleteFrom(name), signal: context.signal });
    // An earlier attempt can have removed it although its answer was lost.
    if (answer.status === 404 && answer.attempts > 1) return answer.drop();
    await (await expectStatus(answer, 202, 200, 204)).drop();
  }

  #putTag(name: RepositoryName, tag: Tag, manifest: NewManifest, context: CallContext): Promise<PutManifest> {
    const reference: Reference = { kind: 'tag', tag };
    return this.#put({ name, reference }, this.#url({ name, reference }), manifest, context);
  }

  async #put(
    { name, reference }: Place,
    url: string,
    { bytes, contentType }: NewManifest,
    { signal }: CallContext,
  ): Promise<PutManifest & { readonly accepted: ReadonlySet<string> }> {
    const mediaType = contentType ?? OCI_IMAGE_MANIFEST;
    const headers = { 'content-type': mediaType };
    const answer = await this.#client.send({ method: 'PUT', url, headers, body: bytes, access: pushTo(name), signal });
    await (await expectStatus(answer, 201, 200, 202)).drop();
    const digest = reference.kind === 'digest' ? reference.digest : manifestDigest(bytes, mediaType);
    const given = digestIn(answer);
    if (given !== undefined && given !== digest && given !== manifestDigest(bytes, mediaType, algorithmOf(given))) {
      throw new TransferError('wrong-digest', answer.request, `the registry stored ${given} instead of ${digest}`);
    }
    const subject = answer.header('oci-subject');
    const accepted = answer.headerValues('oci-tag').flatMap((value) => value.split(',').map((tag) => tag.trim()));
    return {
      digest: given ?? digest,
      mediaType,
      subject: subject !== undefined && isDigest(subject) ? subject : undefined,
      warnings: warningsIn(answer),
      accepted: new Set(accepted),
    };
  }

  /** @throws TypeError for a string, which programs in plain JavaScript may pass */
  #url({ name, reference }: Place): string {
    if (typeof reference === 'object') return this.#client.urls.manifest(name, reference);
    throw new TypeError('the reference of a manifest must be an object: use parseReference to create it from a string');
  }

  #request({ name, reference }: Place, { signal }: CallContext, accept = ALL_TYPES) {
    const url = this.#url({ name, reference });
    return { url, headers: { accept }, access: pullFrom(name), signal };
  }
}

/**
 * @throws TransferError `wrong-digest` unless the bytes match the requested digest and the one that the registry states
 */
function verifiedDigest(answer: HttpAnswer, bytes: Buffer, reference: Reference): Digest {
  const given = digestIn(answer);
  const wanted = reference.kind === 'digest' ? reference.digest : given;
  const actual = manifestDigest(bytes, typeIn(answer), wanted && algorithmOf(wanted));
  if (wanted === undefined || wanted === actual) return actual;
  throw new TransferError('wrong-digest', answer.request, `the bytes have the digest ${actual} instead of ${wanted}`);
}

function digestIn(answer: HttpAnswer): Digest | undefined {
  const text = answer.header('docker-content-digest');
  return text !== undefined && isDigest(text) ? text : undefined;
}

function typeIn(answer: HttpAnswer): string | undefined {
  return answer.header('content-type')?.split(';', 1)[0]?.trim().toLowerCase();
}

function warningsIn(answer: HttpAnswer): string[] {
  const values = answer.headerValues('warning').join(', ');
  return Array.from(values.matchAll(/299 - "((?:[^"\\]|\\.)*)"/g), ([, text = '']) => text.replaceAll(/\\(.)/g, '$1'));
}
