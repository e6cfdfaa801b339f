import type { UrlQuery } from '../../core/api/url-builder.ts';
import { isJsonObject } from '../../core/model/descriptor.ts';
import type { Page, PageRequest } from '../../core/registry/page.ts';
import type { Access } from '../auth/scopes.ts';
import type { HttpAnswer } from '../http/http-answer.ts';
import { TransferError } from '../http/transfer-error.ts';
import { type ListCounts, type ListedPage, type ListSource, listPages } from './list-pages.ts';
import type { RemoteClient } from './remote-client.ts';

const MAX_PAGE_BYTES = 64 * 1024 * 1024;
const MAX_KEPT_LINKS = 1000;

/** Where a list continues, and how much of it was received before. */
interface NextPage {
  readonly url: string;
  readonly counts?: ListCounts;
}

/** A list of names: its URL and its format. */
export interface NameListOptions<Name extends string> {
  readonly url: (query?: UrlQuery) => string;
  readonly access: Access;
  /** The field of the body that contains the names. */
  readonly field: 'tags' | 'repositories';
  readonly isName: (text: string) => text is Name;
}

/**
 * Lists of names in pages. A registry may continue a list with a parameter that only its `Link` contains, so the links
 * of received pages are remembered: the page that follows one of them is found by the last name.
 */
export class NameLists {
  readonly #client: RemoteClient;
  readonly #links = new Map<string, NextPage>();

  constructor(client: RemoteClient) {
    this.#client = client;
  }

  /**
   * The page that `request` asks for, assembled from as many pages of the registry as needed. Some registries claim
   * that more items follow a full last page; the next page is then empty.
   */
  async page<Name extends string>(
    options: NameListOptions<Name>,
    { limit, after }: PageRequest,
    signal: AbortSignal | undefined,
  ): Promise<Page<Name>> {
    if (limit === 0) return { items: [], more: false };
    const query = { n: Number.isFinite(limit) ? limit : undefined, last: after };
    const start = this.#links.get(keyOf(options, after)) ?? { url: options.url(query) };
    const items: Name[] = [];
    for await (const page of listPages(this.#client, sourceOf(options), { ...start, signal })) {
      // A registry that does not support `last` starts from the beginning.
      const begins = after === undefined ? 0 : page.items.indexOf(after as Name) + 1;
      for (const name of page.items.slice(begins)) items.push(name);
      if (items.length > limit) return { items: items.slice(0, limit), more: true };
      if (items.length < limit) continue;
      this.#keep(keyOf(options, items.at(-1)), page);
      return { items, more: page.next !== undefined };
    }
    return { items, more: false };
  }

  /** All names, page by page. */
  async *all<Name extends string>(
    options: NameListOptions<Name>,
    signal: AbortSignal | undefined,
  ): AsyncGenerator<Name, void, undefined> {
    const source = sourceOf(options);
    for await (const { items } of listPages(this.#client, source, { url: options.url(), signal })) yield* items;
  }

  #keep(key: string, { next, counts }: Pick<ListedPage<string>, 'next' | 'counts'>): void {
    this.#links.delete(key);
    if (next === undefined) return;
    this.#links.set(key, { url: next, counts });
    const [oldest = ''] = this.#links.keys();
    if (this.#links.size > MAX_KEPT_LINKS) this.#links.delete(oldest);
  }
}

function keyOf<Name extends string>({ url }: NameListOptions<Name>, after: string | undefined): string {
  return url({ last: after });
}

function sourceOf<Name extends string>(options: NameListOptions<Name>): ListSource<Name> {
  return {
    access: options.access,
    keyOf: (name) => name,
    parse: async (answer) => namesIn(answer, await answer.readJson(MAX_PAGE_BYTES), options),
  };
}

function namesIn<Name extends string>(
  answer: HttpAnswer,
  body: unknown,
  { field, isName }: NameListOptions<Name>,
): readonly Name[] {
  // Old registries write null for an empty list.
  const names = isJsonObject(body) ? (body[field] ?? []) : undefined;
  const isList = Array.isArray(names) && names.every((name) => typeof name === 'string' && isName(name));
  if (!isList) throw new TransferError('malformed', answer.request, `"${field}" is not a list of valid names`);
  return names;
}
