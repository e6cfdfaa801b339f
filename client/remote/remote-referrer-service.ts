import type { Digest } from '../../core/digest/digest.ts';
import { type Descriptor, isJsonObject, parseDescriptor } from '../../core/model/descriptor.ts';
import { RegistryError } from '../../core/model/errors.ts';
import { OCI_IMAGE_INDEX } from '../../core/model/media-types.ts';
import { fallbackTag, type RepositoryName } from '../../core/model/reference.ts';
import type { CallContext } from '../../core/registry/call-context.ts';
import type { ManifestService } from '../../core/registry/manifest-service.ts';
import type { ReferrerService, ReferrersPage, ReferrersRequest } from '../../core/registry/referrer-service.ts';
import { pullFrom } from '../auth/scopes.ts';
import type { HttpAnswer } from '../http/http-answer.ts';
import { TransferError } from '../http/transfer-error.ts';
import { MAX_DOCUMENT_BYTES } from '../max-document-bytes.ts';
import { type ListSource, listPages } from './list-pages.ts';
import type { RemoteClient } from './remote-client.ts';

/**
 * The referrers of manifests of a remote registry: from its API or, if it has none, from the tag that clients maintain
 * (distribution-spec, "Referrers Tag Schema").
 */
export class RemoteReferrerService implements ReferrerService {
  readonly #client: RemoteClient;
  readonly #manifests: ManifestService;

  constructor(client: RemoteClient, manifests: ManifestService) {
    this.#client = client;
    this.#manifests = manifests;
  }

  async list(
    name: RepositoryName,
    subject: Digest,
    { limit, after, artifactTypes }: ReferrersRequest,
    context: CallContext = {},
  ): Promise<ReferrersPage> {
    if (limit === 0) return { items: [], next: undefined };
    const all = (await this.#byApi(name, subject, context)) ?? (await this.#byTag(name, subject, context));
    const found = new Map(all.map((descriptor) => [descriptor.digest, descriptor]));
    const wanted = [...found.values()]
      .filter(({ digest }) => after === undefined || digest > after)
      .filter(({ artifactType }) => artifactTypes.length === 0 || artifactTypes.includes(artifactType ?? ''))
      .sort((one, other) => (one.digest < other.digest ? -1 : 1));
    const items = wanted.slice(0, limit);
    return { items, next: wanted.length > items.length ? items.at(-1)?.digest : undefined };
  }

  /** @returns `undefined` when the registry has no such API */
  async #byApi(name: RepositoryName, subject: Digest, { signal }: CallContext): Promise<Descriptor[] | undefined> {
    const source: ListSource<Descriptor> = { access: pullFrom(name), keyOf: ({ digest }) => digest, parse: parseIndex };
    const items: Descriptor[] = [];
    try {
      const url = this.#client.urls.referrers(name, subject);
      for await (const page of listPages(this.#client, source, { url, signal })) items.push(...page.items);
      return items;
    } catch (error) {
      if (isMissing(error)) return undefined;
      throw error;
    }
  }

  async #byTag(name: RepositoryName, subject: Digest, context: CallContext): Promise<Descriptor[]> {
    try {
      const reference = { kind: 'tag', tag: fallbackTag(subject) } as const;
      const { bytes, mediaType } = await this.#manifests.get(name, reference, {}, context);
      return mediaType === OCI_IMAGE_INDEX ? descriptorsIn(JSON.parse(bytes.toString())) : [];
    } catch (error) {
      // If the tag names anything else, there is no list of referrers.
      if (RegistryError.is(error, 'MANIFEST_UNKNOWN') || error instanceof SyntaxError) return [];
      throw error;
    }
  }
}

function isMissing(error: unknown): boolean {
  return RegistryError.is(error) && 'status' in error && (error.status === 404 || error.status === 405);
}

async function parseIndex(answer: HttpAnswer): Promise<Descriptor[]> {
  const body = await answer.readJson(MAX_DOCUMENT_BYTES);
  try {
    return descriptorsIn(body);
  } catch (error) {
    throw new TransferError('malformed', answer.request, 'the list of referrers is not an index', { cause: error });
  }
}

function descriptorsIn(index: unknown): Descriptor[] {
  const manifests = isJsonObject(index) ? (index['manifests'] ?? []) : undefined;
  if (!Array.isArray(manifests)) throw new SyntaxError('"manifests" is not a list');
  return manifests.map((entry, at) => parseDescriptor(entry, `manifests[${at}]`));
}
