import { resolve } from 'node:path';
import type { RegistryImage, StoreImage } from '../../client/references/image-reference.ts';
import { isSameRegistry } from '../../client/references/registry-host.ts';
import { parseRegistryReference } from '../../client/references/repository-reference.ts';
import { isRepositoryName, type RepositoryName } from '../../core/model/reference.ts';
import type { CallContext } from '../../core/registry/call-context.ts';
import { allItems } from '../../core/registry/page.ts';
import type { Registry } from '../../core/registry/registry.ts';
import { UsageError } from '../usage-error.ts';
import type { Connections } from './connections.ts';

/** A repository without tag and digest. */
export type WholeRepository = RegistryImage | StoreImage;

const STORE = 'store:';

/** A registry or the storage of a Stowage, or the repositories there whose names begin with some parts. */
export class RegistryPart {
  /** `quay.io`, or `store:config.yml`. */
  readonly place: string;
  /** Empty for all repositories. */
  readonly prefix: string;
  readonly #repository: (repository: RepositoryName) => WholeRepository;

  private constructor(place: string, prefix: string, repository: (repository: RepositoryName) => WholeRepository) {
    this.place = place;
    this.prefix = prefix;
    this.#repository = repository;
  }

  /**
   * `quay.io`, `quay.io/team`, `store:config.yml`, `store:config.yml//team`.
   * @throws UsageError for a folder or an archive
   * @throws InvalidReferenceError
   */
  static parse(text: string): RegistryPart {
    if (/^(?:oci|oci-archive|docker-archive|ocidir):/.test(text))
      throw new UsageError(`${text} holds no repositories; write a registry, or store:<config.yml>`);
    if (text.startsWith(STORE)) {
      const [configuration = '', prefix = ''] = text.slice(STORE.length).split('//');
      if (configuration === '')
        throw new UsageError('write store:<config.yml>, or store:<config.yml>//<part of a name>');
      const repository = (name: RepositoryName): WholeRepository => ({
        kind: 'store',
        configuration,
        repository: name,
      });
      return new RegistryPart(`${STORE}${configuration}`, prefix.replace(/\/$/, ''), repository);
    }
    const { host, prefix } = parseRegistryReference(text);
    return new RegistryPart(host, prefix, (repository) => ({ kind: 'registry', host, repository }));
  }

  /** Opens the registry; nothing is sent before its first call. */
  async open(
    connections: Connections,
    access: { readonly writes: boolean; readonly mayBeNew?: boolean } = { writes: false },
  ): Promise<Pick<Registry, 'catalog'>> {
    return this.#isStore ? await connections.store(this.#configuration, access) : await connections.remote(this.place);
  }

  /** The names of the repositories, page by page. */
  async *names(
    { catalog }: Pick<Registry, 'catalog'>,
    context: CallContext,
  ): AsyncGenerator<RepositoryName, void, undefined> {
    for await (const name of allItems((request) => catalog.list(request, context)))
      if (this.rest(name) !== undefined) yield name;
  }

  /** Whether the other one is of the same registry or storage. */
  isBeside(other: RegistryPart): boolean {
    if (!this.#isStore || !other.#isStore)
      return this.#isStore === other.#isStore && isSameRegistry(this.place, other.place);
    return resolve(this.#configuration) === resolve(other.#configuration);
  }

  get #isStore(): boolean {
    return this.place.startsWith(STORE);
  }

  get #configuration(): string {
    return this.place.slice(STORE.length);
  }

  /** What a name has after the parts of this one; `undefined` for a repository that does not belong to it. */
  rest(name: RepositoryName): string | undefined {
    const { prefix } = this;
    if (prefix === '') return name;
    if (name === prefix) return '';
    return name.startsWith(`${prefix}/`) ? name.slice(prefix.length + 1) : undefined;
  }

  /**
   * The repository here whose name ends with `rest`.
   * @throws UsageError when that cannot be the name of one
   */
  repository(rest: string): WholeRepository {
    const name = [this.prefix, rest].filter((part) => part !== '').join('/');
    if (isRepositoryName(name)) return this.#repository(name);
    throw new UsageError(`${JSON.stringify(name)} cannot be the name of a repository of ${this.place}`);
  }
}
