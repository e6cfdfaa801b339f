import test from 'ava';
import { TransferError } from '../../../../client/index.ts';
import { parseRepositoryName } from '../../../../core/model/reference.ts';
import { nextAfter } from '../../../../core/registry/page.ts';
import { openRemote } from '../../../helpers/client/open-remote.ts';
import { answer, type Script, ScriptedServer } from '../../../helpers/client/scripted-server.ts';

const NAME = parseRepositoryName('team/app');
const TAGS = Array.from({ length: 7 }, (_, at) => `v${at}`);
const LIST = '/v2/team/app/tags/list';

/** Answers a part of the tags, with a link that leads on. */
function respond(response: Parameters<Script>[1], part: readonly string[], next: string | undefined): void {
  answer(response, 200, { name: NAME, tags: part }, next === undefined ? {} : { Link: `<${next}>; rel="next"` });
}

async function listAll(pages: ReturnType<typeof openRemote>['tags'], limit: number): Promise<string[]> {
  const all: string[] = [];
  let after: Awaited<ReturnType<typeof pages.list>>['items'][number] | undefined;
  do {
    const page = await pages.list(NAME, { limit, after });
    all.push(...page.items);
    after = nextAfter(page, after);
  } while (after !== undefined);
  return all;
}

test('a registry that gives shorter pages than are wanted is asked for more of them', async (t) => {
  const server = await ScriptedServer.start(t, ({ url = '' }, response) => {
    const last = new URL(url, 'http://x').searchParams.get('last');
    const from = last === null ? 0 : TAGS.indexOf(last) + 1;
    const part = TAGS.slice(from, from + 2);
    respond(response, part, from + 2 < TAGS.length ? `${LIST}?last=${part.at(-1)}&n=2` : undefined);
  });
  const { tags } = openRemote(t, server.address);
  t.deepEqual((await tags.list(NAME, { limit: 3, after: undefined })) as object, {
    items: ['v0', 'v1', 'v2'],
    more: true,
  });
  t.deepEqual(await listAll(tags, 3), TAGS);
  t.deepEqual(await listAll(tags, Number.POSITIVE_INFINITY), TAGS);
});

test('a registry whose links have a cursor of its own is followed by them', async (t) => {
  const server = await ScriptedServer.start(t, ({ url = '' }, response) => {
    const from = Number(new URL(url, 'http://x').searchParams.get('cursor') ?? 0);
    respond(response, TAGS.slice(from, from + 2), from + 2 < TAGS.length ? `${LIST}?cursor=${from + 2}` : undefined);
  });
  const { tags } = openRemote(t, server.address);
  t.deepEqual(await listAll(tags, 2), TAGS);
  t.deepEqual(server.asked.slice(0, 2), [`GET ${LIST}?n=2`, `GET ${LIST}?cursor=2`]);
});

test('a registry that knows neither limit nor start gives each name once', async (t) => {
  const server = await ScriptedServer.start(t, (_, response) => respond(response, TAGS, undefined));
  const { tags } = openRemote(t, server.address);
  t.deepEqual(await listAll(tags, 2), TAGS);
});

test('pages without names lead on', async (t) => {
  const server = await ScriptedServer.start(t, ({ url = '' }, response) => {
    const page = Number(new URL(url, 'http://x').searchParams.get('page') ?? 0);
    respond(response, page === 3 ? ['v0'] : [], page === 3 ? undefined : `${LIST}?page=${page + 1}`);
  });
  const { tags } = openRemote(t, server.address);
  t.deepEqual((await tags.list(NAME, { limit: 5, after: undefined })) as object, { items: ['v0'], more: false });
});

test('a list of empty pages, or of more names than a registry has, ends in an error', async (t) => {
  let pages = 0;
  let names = 0;
  const server = await ScriptedServer.start(t, (_, response) => {
    const tags = Array.from({ length: names }, (_, at) => `t${pages}-${at}`);
    answer(response, 200, { tags }, { Link: `</v2/team/app/tags/list?page=${++pages}>; rel="next"` });
  });
  const { tags } = openRemote(t, server.address);
  const all = { limit: Number.POSITIVE_INFINITY, after: undefined };
  await t.throwsAsync(tags.list(NAME, all), { instanceOf: TransferError, message: /makes no progress/ });
  t.is(pages, 101);
  pages = 0;
  names = 100_000;
  await t.throwsAsync(tags.list(NAME, all), { instanceOf: TransferError, message: /makes no progress/ });
  t.is(pages, 11);
});

test('a list that gives one new name a page, and always a link, ends in an error, in one call and in many', async (t) => {
  let pages = 0;
  const server = await ScriptedServer.start(t, (_, response) => {
    pages += 1;
    respond(response, [`t${pages}`], `${LIST}?page=${pages}`);
  });
  for (const limit of [Number.POSITIVE_INFINITY, 1000, 3]) {
    pages = 0;
    const { tags } = openRemote(t, server.address);
    const error = await t.throwsAsync(listAll(tags, limit), { instanceOf: TransferError });
    t.is(error.reason, 'pagination');
    t.regex(error.message, /500 items in 500 pages/);
    t.is(pages, 500);
  }
});
