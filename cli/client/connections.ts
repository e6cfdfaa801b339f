import { access } from 'node:fs/promises';
import { homedir } from 'node:os';
import { isAbsolute, join } from 'node:path';
import type { CredentialSource } from '../../client/credentials/credential-source.ts';
import type { FileCredentials } from '../../client/credentials/file-credentials.ts';
import type { TlsOptions } from '../../client/http/http-settings.ts';
import type { RemoteRegistry } from '../../client/remote/remote-registry.ts';
import type { RemoteRegistryOptions } from '../../client/remote/remote-registry-options.ts';
import type { UploadRecords } from '../../client/stores/upload-records.ts';
import type { Registry } from '../../core/registry/registry.ts';
import type { Program } from '../command.ts';
import { UsageError } from '../usage-error.ts';
import type { ConnectionRequest } from './connection-request.ts';

/** What is needed of a program to reach registries. */
export type ConnectionsDependencies = Pick<Program, 'env' | 'version'>;

/** The registries that a command talks to, each opened once and closed together. */
export class Connections implements AsyncDisposable {
  readonly #request: ConnectionRequest;
  readonly #dependencies: ConnectionsDependencies;
  readonly #open = new Map<string, Promise<Opened>>();
  #host: string | undefined;

  constructor(request: ConnectionRequest, dependencies: ConnectionsDependencies) {
    this.#request = request;
    this.#dependencies = dependencies;
  }

  /**
   * A registry over HTTP; nothing is sent before its first call. A command opens all that it needs before the first call.
   * @throws UsageError when options that are meant for one registry would hold for a second one
   */
  async remote(host: string, options: RemoteOptions = {}): Promise<RemoteRegistry> {
    this.#requireMeant(host);
    const opened = await this.#once(`remote ${host}`, () => this.#openRemote(host, options));
    return opened.registry as RemoteRegistry;
  }

  /**
   * How a registry is reached, for a command that sends its requests itself.
   * @throws UsageError as {@link remote} does
   */
  async remoteOptions(host: string, options: RemoteOptions = {}): Promise<RemoteRegistryOptions> {
    this.#requireMeant(host);
    return this.#remoteOptions(host, options);
  }

  /**
   * The registry of a configuration on this machine.
   * @throws UsageError when it is read-only and would be changed; PluginLoadError when it has no storage yet and may not be new
   */
  async store(path: string, { writes, mayBeNew = false }: StoreOptions): Promise<Registry> {
    const opened = await this.#once(`store ${path}`, () => this.#openStore(path, mayBeNew));
    if (writes && opened.isReadOnly) throw new UsageError(`${path} makes its registry read-only`);
    return opened.registry;
  }

  /** Where uploads are recorded, so that the next call resumes them after this one was killed. */
  async uploadRecords(): Promise<UploadRecords> {
    const { FolderUploadRecords } = await import('../../client/stores/folder-upload-records.ts');
    const { XDG_STATE_HOME: states = '', HOME: home } = this.#dependencies.env;
    const folder = isAbsolute(states) ? states : join(home || homedir(), '.local', 'state');
    return new FolderUploadRecords(join(folder, 'stowage', 'uploads'));
  }

  /** Where credentials are found and kept. */
  async credentials(): Promise<FileCredentials> {
    const { FileCredentials } = await import('../../client/credentials/file-credentials.ts');
    return new FileCredentials({ env: this.#dependencies.env, file: this.#request.authFile });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const opened = await Promise.allSettled(this.#open.values());
    await Promise.all(
      opened.map(async (each) => {
        if (each.status === 'fulfilled') await each.value.close();
      }),
    );
  }

  /** A password must not cross a network in the clear, nor a certificate be shown, because another registry wants that. */
  #requireMeant(host: string): void {
    const { plainHttp, certFile } = this.#request;
    this.#host ??= host;
    if (this.#host === host || !(plainHttp || certFile !== undefined)) return;
    const both = `${this.#host} and ${host}`;
    throw new UsageError(
      plainHttp
        ? `--plain-http would hold for ${both}; name the one without TLS with --insecure, and loopback addresses not at all`
        : `--cert-file would be shown to ${both}; put the certificate into certs.d of the one that wants it`,
    );
  }

  #once(key: string, open: () => Promise<Opened>): Promise<Opened> {
    const known = this.#open.get(key);
    if (known !== undefined) return known;
    const opening = open();
    this.#open.set(key, opening);
    return opening;
  }

  async #openRemote(host: string, given: RemoteOptions): Promise<Opened> {
    const { RemoteRegistry } = await import('../../client/remote/remote-registry.ts');
    const registry = RemoteRegistry.open(await this.#remoteOptions(host, given));
    return { registry, isReadOnly: false, close: async () => registry[Symbol.asyncDispose]() };
  }

  async #remoteOptions(host: string, given: RemoteOptions): Promise<RemoteRegistryOptions> {
    const { env, version } = this.#dependencies;
    const { plainHttp, insecure } = this.#request;
    const [tls, userAgent, credentials] = await Promise.all([
      this.#tls(host),
      version(),
      given.credentials ?? this.#checkedCredentials(),
    ]);
    return {
      host,
      scheme: plainHttp ? 'http' : undefined,
      tls,
      credentials,
      insecureRegistries: insecure,
      environment: env,
      userAgent: `stowage/${userAgent}`,
    };
  }

  /** A file of credentials that is named in vain is a mistake also where no registry asks for any. */
  async #checkedCredentials(): Promise<FileCredentials> {
    const credentials = await this.credentials();
    await credentials.check();
    return credentials;
  }

  async #openStore(path: string, mayBeNew: boolean): Promise<Opened> {
    const [{ openRegistry }, { loadConfiguration }, { requireStorage }] = await Promise.all([
      import('../../server/composition/open-registry.ts'),
      import('../../server/config/index.ts'),
      import('../jobs/require-storage.ts'),
    ]);
    await requireFile(path);
    const loaded = await loadConfiguration({ path, env: this.#dependencies.env });
    // The first write makes it.
    if (!mayBeNew) await requireStorage(loaded);
    const open = await openRegistry(loaded);
    return { ...open, close: async () => open[Symbol.asyncDispose]() };
  }

  /** What the command line says, in addition to what docker and podman have for the host. */
  async #tls(host: string): Promise<TlsOptions> {
    const { caFile, certFile, keyFile } = this.#request;
    const { certificateFolders, hostCertificates } = await import('../../client/credentials/host-certificates.ts');
    const known = await hostCertificates(host, certificateFolders(this.#dependencies.env));
    const { readAuthorities, readKeyPair } = await import('../../client/credentials/pem-files.ts');
    const ca = caFile === undefined ? undefined : await readAuthorities(caFile);
    const own = certFile === undefined || keyFile === undefined ? undefined : await readKeyPair(certFile, keyFile);
    const authorities = [...(ca === undefined ? [] : [ca]), ...[known.ca ?? []].flat()];
    return {
      ...(authorities.length > 0 && { ca: authorities }),
      ...(own ?? { cert: known.cert, key: known.key }),
    };
  }
}

/** What the registry of a configuration is opened for. */
interface StoreOptions {
  /** Whether the command changes it. */
  readonly writes: boolean;
  /** Whether its storage is made when it does not exist. */
  readonly mayBeNew?: boolean;
}

/** How a registry is opened otherwise than the command line says. */
export interface RemoteOptions {
  /** Instead of those of the user. */
  readonly credentials?: CredentialSource | undefined;
}

interface Opened {
  readonly registry: Registry;
  readonly isReadOnly: boolean;
  readonly close: () => Promise<void>;
}

/** The loader of configurations says what is to be done where one was named by an argument of its own. */
async function requireFile(path: string): Promise<void> {
  try {
    await access(path);
  } catch {
    throw new UsageError(`store:${path} names a configuration that is not there or cannot be read`);
  }
}
