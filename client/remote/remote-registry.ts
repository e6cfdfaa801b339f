import type { CallContext } from '../../core/registry/call-context.ts';
import type { Registry } from '../../core/registry/registry.ts';
import { type Access, NO_ACCESS } from '../auth/scopes.ts';
import { expectStatus } from '../http/read-failure.ts';
import { RemoteCatalogService } from './remote-catalog-service.ts';
import { RemoteClient } from './remote-client.ts';
import { RemoteLayerService } from './remote-layer-service.ts';
import { RemoteManifestService } from './remote-manifest-service.ts';
import { RemoteReferrerService } from './remote-referrer-service.ts';
import type { RemoteRegistryOptions } from './remote-registry-options.ts';
import { RemoteTagService } from './remote-tag-service.ts';

/**
 * A registry over HTTP. Failures are RemoteErrors if the registry answered, and TransferErrors if it did not or broke
 * the protocol; both are RegistryErrors with the codes of a local registry.
 */
export class RemoteRegistry implements Registry, AsyncDisposable {
  readonly layers: RemoteLayerService;
  readonly manifests: RemoteManifestService;
  readonly tags: RemoteTagService;
  readonly referrers: RemoteReferrerService;
  readonly catalog: RemoteCatalogService;
  readonly #client: RemoteClient;

  private constructor(client: RemoteClient) {
    this.#client = client;
    this.layers = new RemoteLayerService(client);
    this.manifests = new RemoteManifestService(client);
    this.tags = new RemoteTagService(client);
    this.referrers = new RemoteReferrerService(client, this.manifests);
    this.catalog = new RemoteCatalogService(client);
  }

  /**
   * Opens a registry; nothing is sent before the first call. The caller must dispose of it.
   * @throws TypeError when `host` is not a host, or a TLS text is not valid PEM
   */
  static open(options: RemoteRegistryOptions): RemoteRegistry {
    return new RemoteRegistry(new RemoteClient(options));
  }

  /**
   * Checks whether the registry admits this client.
   * @param access the access to request a token for; the registry need not check it here
   * @throws RemoteError `UNAUTHORIZED` when the credentials are rejected or missing
   */
  async ping(access: Access = NO_ACCESS, { signal }: CallContext = {}): Promise<void> {
    const url = this.#client.urls.base();
    await (await expectStatus(await this.#client.send({ method: 'GET', url, access, signal }), 200)).drop();
  }

  /** Closes all connections; running calls reject with a TransferError `closed`. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.#client[Symbol.asyncDispose]();
  }
}
