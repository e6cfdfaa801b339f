import { RegistryError } from '../model/errors.ts';
import type { Reference, RepositoryName } from '../model/reference.ts';
import type { CallContext } from '../registry/call-context.ts';
import { ForwardingManifestService } from '../registry/forwarding/forwarding-manifest-service.ts';
import type { GetOptions, ManifestService, StoredManifest } from '../registry/manifest-service.ts';
import type { AsOf } from './as-of.ts';

/** Serves manifests as of a time. */
export class AsOfManifestService extends ForwardingManifestService {
  readonly #asOf: Pick<AsOf, 'resolve'>;

  constructor(inner: ManifestService, asOf: Pick<AsOf, 'resolve'>) {
    super(inner);
    this.#asOf = asOf;
  }

  /** With a time, it costs up to four driver calls more, and returns what is stored, whatever the client can read. */
  override async get(
    name: RepositoryName,
    reference: Reference,
    options: GetOptions = {},
    context?: CallContext,
  ): Promise<StoredManifest> {
    const { asOf, ...others } = options;
    if (asOf === undefined) return super.get(name, reference, options, context);
    if (reference.kind === 'digest')
      throw new RegistryError('QUERY_INVALID', { reason: 'a digest means the same manifest at all times' });
    const digest = await this.#asOf.resolve(name, reference.tag, asOf);
    return super.get(name, { kind: 'digest', digest }, others, context);
  }
}
