import type { KeyObject } from 'node:crypto';
import { mapConcurrently } from '../../async/concurrency.ts';
import { algorithmOf, type Digest, digestOf } from '../../digest/digest.ts';
import { isSchema1, type PushedSchema1, readPushedSchema1 } from '../../manifests/schema-1/pushed-schema-1.ts';
import { sign } from '../../manifests/schema-1/sign.ts';
import { parseSignature, type Signature } from '../../manifests/schema-1/signature.ts';
import { SignatureError } from '../../manifests/schema-1/signature-problem.ts';
import { MAX_SIGNATURES, SignedText } from '../../manifests/schema-1/signed-text.ts';
import { RegistryError, RegistryErrors } from '../../model/errors.ts';
import { DOCKER_MANIFEST, SCHEMA_1_MANIFEST, SCHEMA_1_SIGNED_MANIFEST } from '../../model/media-types.ts';
import type { Reference, RepositoryName } from '../../model/reference.ts';
import type { BlobStore } from '../../storage/blob-store.ts';
import { LookupMoment } from '../../storage/collection/lookup-moment.ts';
import type { SignatureStore } from '../../storage/signature-store.ts';
import type { CallContext } from '../call-context.ts';
import { ForwardingManifestService } from '../forwarding/forwarding-manifest-service.ts';
import {
  type GetOptions,
  type NewManifest,
  type PutManifest,
  type StoredManifest,
  tagsOfPush,
} from '../manifest-service.ts';
import type { LocalManifestService } from './manifest-service.ts';
import type { Schema1Converter } from './schema-1-converter.ts';

/** The collaborators of the schema 1 service. */
export interface Schema1Dependencies {
  readonly inner: LocalManifestService;
  readonly signatures: SignatureStore;
  readonly blobs: BlobStore;
  readonly converter: Schema1Converter;
}

/** How schema 1 is accepted and served. */
export interface Schema1Options {
  /** Signs manifests that no client has signed. */
  readonly signingKey: KeyObject;
  /** Whether the layers of a manifest must exist. */
  readonly checksLayers: boolean;
}

const CONCURRENCY = 16;
/** The most stored signatures that are read: another registry may have stored many by one key. */
const MAX_READ = 8 * MAX_SIGNATURES;

/**
 * Accepts and serves schema 1 manifests in addition to those of the inner service. The signed part is what is stored
 * and what the digest covers. Signatures are stored next to it; a manifest is served with those of all its pushes, one
 * per key, at most 32.
 */
export class Schema1ManifestService extends ForwardingManifestService {
  readonly #dependencies: Schema1Dependencies;
  readonly #options: Schema1Options;

  constructor(dependencies: Schema1Dependencies, options: Schema1Options) {
    super(dependencies.inner);
    this.#dependencies = dependencies;
    this.#options = options;
  }

  /** A schema 1 manifest costs one more driver call, and one for each signature. */
  override async get(
    name: RepositoryName,
    reference: Reference,
    options: GetOptions = {},
    context?: CallContext,
  ): Promise<StoredManifest> {
    const { inner, converter } = this.#dependencies;
    const { withoutSchema2 = false } = options;
    const manifest = await inner.get(name, reference, withoutSchema2 ? { ...options, withoutLists: true } : options);
    if (manifest.mediaType === SCHEMA_1_MANIFEST) return await this.#signed(name, manifest);
    if (!withoutSchema2 || reference.kind !== 'tag' || manifest.mediaType !== DOCKER_MANIFEST) return manifest;
    const payload = await converter.convert(name, reference.tag, manifest, context);
    return this.#served(digestOf(payload), sign(payload, this.#options.signingKey));
  }

  /**
   * Layers are looked up concurrently, and the stored signatures are read as in {@link get}; then as the inner service,
   * with two more driver calls for each signature before, and up to six afterwards, which see that it is still there, and
   * one that sees that the manifest is.
   */
  override async put(
    name: RepositoryName,
    reference: Reference,
    manifest: NewManifest,
    context?: CallContext,
  ): Promise<PutManifest> {
    const { inner, signatures } = this.#dependencies;
    const { bytes, contentType } = manifest;
    if (!isSchema1(bytes, contentType)) return await super.put(name, reference, manifest, context);
    const pushed = readPushedSchema1(bytes, { name, reference });
    const { payload } = pushed;
    const digest = digestOf(payload, reference.kind === 'digest' ? algorithmOf(reference.digest) : undefined);
    if (reference.kind === 'digest' && digest !== reference.digest) {
      throw new RegistryError('DIGEST_INVALID', { digest: reference.digest, computed: digest });
    }
    const verifiedAt = new LookupMoment();
    const verifyAgain = (): Promise<void> => this.#verify(name, pushed);
    await verifyAgain();
    const documents = await this.#documentsToStore(name, digest, pushed);
    const digests = documents.map((document) => digestOf(document));
    const beside = {
      add: () => signatures.add(name, digest, documents),
      remove: () => signatures.remove(name, digest, digests),
    };
    const tags = tagsOfPush(reference, manifest);
    const stored = { digest, mediaType: SCHEMA_1_MANIFEST, bytes: payload, tags, verifiedAt, verifyAgain };
    await inner.store(name, { ...stored, signatures: beside }, context);
    return { digest, mediaType: SCHEMA_1_SIGNED_MANIFEST, subject: undefined, warnings: [] };
  }

  async #verify(name: RepositoryName, pushed: PushedSchema1): Promise<void> {
    const [first, ...others] = [...pushed.problems, ...(await this.#missingLayers(name, pushed))];
    if (first !== undefined) throw new RegistryErrors([first, ...others]);
  }

  async #missingLayers(name: RepositoryName, { layers }: PushedSchema1): Promise<RegistryError[]> {
    if (!this.#options.checksLayers) return [];
    const wanted = [...new Set(layers.map(({ digest }) => digest).filter((digest) => digest !== undefined))];
    const found = await mapConcurrently(wanted, CONCURRENCY, (digest) => this.#dependencies.blobs.find(name, digest));
    const there = new Set(wanted.filter((_, index) => found[index] !== undefined));
    return layers
      .filter(({ digest }) => digest === undefined || !there.has(digest))
      .map(({ at, sum }) => new RegistryError('MANIFEST_BLOB_UNKNOWN', { digest: sum.slice(0, 256), at }));
  }

  /**
   * The signatures of a push to store. A key signs differently each time; its earlier signature stands for the new one,
   * so a manifest that is pushed repeatedly does not grow.
   */
  async #documentsToStore(
    name: RepositoryName,
    digest: Digest,
    { payload, signatures }: PushedSchema1,
  ): Promise<Buffer[]> {
    const known = new Map<string, Buffer>();
    for (const document of await this.#dependencies.signatures.of(name, digest, MAX_READ)) {
      const [signature] = signatureIn(payload, document);
      if (signature !== undefined) known.set(signature.keyId, document);
    }
    const isFull = known.size >= MAX_SIGNATURES;
    return signatures.flatMap((signature) => {
      const document = known.get(signature.keyId);
      if (document === undefined && isFull) return [];
      return [document ?? Buffer.from(signature.toString())];
    });
  }

  async #signed(name: RepositoryName, { digest, bytes }: StoredManifest): Promise<StoredManifest> {
    const stored = await this.#dependencies.signatures.of(name, digest, MAX_READ);
    const own = stored.flatMap((document) => signatureIn(bytes, document));
    return this.#served(digest, SignedText.gather(bytes, own) ?? sign(bytes, this.#options.signingKey));
  }

  #served(digest: StoredManifest['digest'], text: SignedText): StoredManifest {
    return { digest, mediaType: SCHEMA_1_SIGNED_MANIFEST, bytes: text.toBytes() };
  }
}

/** The stored signature; none when it is not a signature of this payload, since any program may have stored it. */
function signatureIn(payload: Buffer, document: Buffer): Signature[] {
  try {
    const signature = parseSignature(JSON.parse(document.toString()));
    const text = new SignedText(payload, [signature]);
    return signature.holds(text.payload) ? [signature] : [];
  } catch (error) {
    if (error instanceof SignatureError || error instanceof SyntaxError) return [];
    throw error;
  }
}
