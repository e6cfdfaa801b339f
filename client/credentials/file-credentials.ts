import type { Environment } from '../environment.ts';
import { AuthFile } from './auth-file.ts';
import { type CredentialFilesOptions, credentialFiles, namedCredentialFile } from './credential-files.ts';
import { CredentialHelper } from './credential-helper.ts';
import type { CredentialRequest, CredentialSource, Credentials } from './credential-source.ts';
import { helperKeys, matchingKeys, serverKey } from './server-keys.ts';

/**
 * The credentials of this user, stored by `docker login`, `podman login` and `stowage login`. Files are read on every
 * call, so a login during a long transfer takes effect.
 */
export class FileCredentials implements CredentialSource {
  readonly #files: readonly [string, ...string[]];
  readonly #env: Environment;
  readonly #isNamed: boolean;

  constructor(options: CredentialFilesOptions) {
    this.#files = credentialFiles(options);
    this.#env = options.env;
    this.#isNamed = namedCredentialFile(options) !== undefined;
  }

  /** The files that are searched, in this order. */
  get files(): readonly string[] {
    return this.#files;
  }

  /**
   * Checks the file that a user named, which need not exist before the first login but must exist for look-ups.
   * @throws CredentialsError when it does not exist, or is malformed
   */
  async check(): Promise<void> {
    if (this.#isNamed) await this.#read(this.#files[0]);
  }

  /** @throws CredentialsError also when the file that a user named does not exist */
  async find(host: string, request: CredentialRequest = {}): Promise<Credentials | undefined> {
    for (const path of this.#files) {
      const found = await this.#findIn(await this.#read(path), host, request);
      if (found !== undefined) return found;
    }
    return undefined;
  }

  /**
   * Stores credentials for a host: in the helper program that the first file names for it, or otherwise in that file.
   * @returns where they are stored
   * @throws CredentialsError
   */
  async store(
    host: string,
    credentials: Pick<Credentials, 'username' | 'password' | 'identityToken'>,
  ): Promise<string> {
    const file = await AuthFile.read(this.#files[0]);
    const key = serverKey(host);
    const helper = this.#helperFor(file, host);
    await helper?.store(key, credentials);
    await AuthFile.set(file.path, key, helper === undefined ? credentials : undefined);
    return helper?.origin ?? `${file.path} (auths ${JSON.stringify(key)})`;
  }

  /**
   * Removes the credentials of a host from the first file or the helper program that it names. Others stay; {@link
   * find} shows whether there are any.
   * @returns whether there were any
   * @throws CredentialsError
   */
  async erase(host: string): Promise<boolean> {
    const file = await this.#read(this.#files[0]);
    const helper = this.#helperFor(file, host);
    const wasKept = (await helper?.get(serverKey(host))) !== undefined;
    if (wasKept) await helper?.erase(serverKey(host));
    const keys = matchingKeys(file.keys, host);
    if (keys.length > 0) await AuthFile.delete(file.path, keys);
    return wasKept || keys.length > 0;
  }

  #read(path: string): Promise<AuthFile> {
    return AuthFile.read(path, { mustExist: this.#isNamed });
  }

  async #findIn(
    file: AuthFile,
    host: string,
    { repository, signal }: CredentialRequest,
  ): Promise<Credentials | undefined> {
    const helper = this.#helperFor(file, host, repository);
    for (const key of helper === undefined ? [] : helperKeys(host)) {
      const found = await helper?.get(key, signal);
      if (found !== undefined) return found;
    }
    for (const key of matchingKeys(file.keys, host, repository)) {
      const credentials = file.credentials(key);
      if (credentials !== undefined) return credentials;
    }
    return undefined;
  }

  /** The program that a file names for a host. */
  #helperFor(file: AuthFile, host: string, repository?: string): CredentialHelper | undefined {
    const [key] = matchingKeys(file.helperKeys, host, repository);
    const name = key === undefined ? file.store : file.helperOf(key);
    if (name === undefined) return undefined;
    const place = key === undefined ? 'credsStore' : `credHelpers ${JSON.stringify(key)}`;
    return new CredentialHelper({ name, origin: `${file.path} (${place})`, env: this.#env });
  }
}
