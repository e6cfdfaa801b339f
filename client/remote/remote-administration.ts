import { ADMIN_ROOT } from '../../core/api/admin-root.ts';
import { isJsonObject } from '../../core/model/descriptor.ts';
import type { RepositoryName } from '../../core/model/reference.ts';
import type { CallContext } from '../../core/registry/call-context.ts';
import { administrate } from '../auth/scopes.ts';
import { expectStatus } from '../http/read-failure.ts';
import { listPages } from './list-pages.ts';
import type { RemoteClient } from './remote-client.ts';

/** A page, or everything about one thing. */
const MAX_BYTES = 32 * 1024 * 1024;

/** What the registry says; anything may be missing. */
export type AdminAnswer = Readonly<Record<string, unknown>>;

/** What a request says in addition to its path. */
export interface AdminCall extends CallContext {
  /** The repository that it is about; an administrator of it is enough then. */
  readonly repository?: RepositoryName | undefined;
  readonly query?: Readonly<Record<string, string | undefined>>;
}

/** A server-sent event. */
export interface AdminEvent {
  readonly event: string;
  readonly data: AdminAnswer;
}

/** The admin API of a registry of Stowage. Paths are those after `/v2/_ext/admin/`. */
export class RemoteAdministration {
  readonly #client: RemoteClient;

  constructor(client: RemoteClient) {
    this.#client = client;
  }

  async get(path: string, call: AdminCall = {}): Promise<AdminAnswer> {
    const request = { method: 'GET', ...this.#request(path, call) } as const;
    return this.#client.read(request, async (answer) => {
      const value = await (await expectStatus(answer, 200)).readJson(MAX_BYTES);
      return isJsonObject(value) ? value : {};
    });
  }

  /** Changes something. Not repeated when the connection breaks. */
  async send(method: 'POST' | 'PUT' | 'DELETE', path: string, call: AdminCall = {}): Promise<AdminAnswer> {
    const answer = await this.#client.send({ method, ...this.#request(path, call) });
    const done = await expectStatus(answer, 200, 201, 202, 204);
    const text = (await done.readBytes(MAX_BYTES)).toString();
    if (text === '') return {};
    try {
      const value: unknown = JSON.parse(text);
      return isJsonObject(value) ? value : {};
    } catch {
      throw done.notJson(text);
    }
  }

  /**
   * The entries of a list that comes in pages.
   * @param key the member of the answer with the list, and that of an entry which is different in each
   */
  async *list(
    path: string,
    { entries, id }: { readonly entries: string; readonly id: string },
    call: AdminCall = {},
  ): AsyncGenerator<AdminAnswer> {
    const { url, access, signal } = this.#request(path, call);
    const source = {
      access,
      keyOf: (entry: AdminAnswer) => String(entry[id]),
      parse: async (answer: { readJson(maxBytes: number): Promise<unknown> }) => {
        const value = await answer.readJson(MAX_BYTES);
        const list: unknown = isJsonObject(value) ? value[entries] : undefined;
        return Array.isArray(list) ? list.filter(isJsonObject) : [];
      },
    };
    for await (const page of listPages<AdminAnswer>(this.#client, source, { url, signal })) yield* page.items;
  }

  /** Server-sent events, until the registry ends them. */
  async *events(path: string, call: AdminCall = {}): AsyncGenerator<AdminEvent> {
    const answer = await this.#client.send({ method: 'GET', ...this.#request(path, call) });
    let event = '';
    for await (const line of linesOf((await expectStatus(answer, 200)).bytes())) {
      if (line.startsWith('event: ')) event = line.slice('event: '.length);
      if (!line.startsWith('data: ')) continue;
      const data: unknown = JSON.parse(line.slice('data: '.length));
      yield { event, data: isJsonObject(data) ? data : {} };
    }
  }

  #request(path: string, { repository, query = {}, signal }: AdminCall) {
    const parameters = Object.entries({ repository, ...query }).flatMap(([name, value]): [string, string][] =>
      value === undefined ? [] : [[name, value]],
    );
    const text = parameters.length === 0 ? '' : `?${new URLSearchParams(parameters).toString()}`;
    return { url: `${ADMIN_ROOT}/${path}${text}`, access: administrate(repository), signal };
  }
}

/** The lines of a text that arrives in pieces. What follows the last end of a line was cut off, and is left out. */
async function* linesOf(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<string> {
  const decoder = new TextDecoder();
  let rest = '';
  for await (const chunk of chunks) {
    const lines = (rest + decoder.decode(chunk, { stream: true })).split('\n');
    rest = lines.pop() ?? '';
    if (rest.length > MAX_BYTES) return;
    yield* lines;
  }
}
