import type { RepositoryName, Tag } from '../../core/model/reference.ts';
import { type MoveView, moveView } from '../../server/administration/move-view.ts';
import type { AdminTarget } from '../admin/admin-target.ts';
import { administrate } from '../admin/administrator.ts';
import type { ExitCode, Program } from '../command.ts';
import { printable } from '../printable.ts';
import { textTable } from '../text-table.ts';

/** `stowage tag history`: who moved tags, or to what a tag pointed at a time. */
export type TagHistoryRequest = AdminTarget & {
  readonly kind: 'tag-history';
  readonly repository: RepositoryName;
  readonly json: boolean;
} & (
    | { readonly tag: Tag; readonly at: Date }
    /** Without a tag, the moves of all of them. */
    | { readonly tag: Tag | undefined; readonly at?: undefined }
  );

const HEADINGS = ['TAG', 'AT', 'BY', 'FROM', 'TO', 'FOUND AFTERWARDS'];
const PAGE = 1000;

/** Prints a table of moves, or a reference by digest, which every client can pull. */
export async function run(request: TagHistoryRequest, program: Program): Promise<ExitCode | void> {
  return request.at === undefined ? listMoves(request, program) : showDigest(request, program);
}

async function listMoves(
  request: Extract<TagHistoryRequest, { readonly at?: undefined }>,
  program: Program,
): Promise<ExitCode | void> {
  const { repository, tag, json } = request;
  const show = (moves: readonly MoveView[]): void => {
    if (json) program.print(`${JSON.stringify({ moves })}\n`);
    else if (moves.length === 0)
      program.note('no move is recorded; storage.maintenance.taghistory.keep turns the history on');
    else program.print(textTable([HEADINGS, ...moves.map(rowOf)]));
  };
  return administrate({ ...request, changes: false }, program, {
    local: async ({ tagHistory }, signal) => {
      const all: MoveView[] = [];
      let after: string | undefined;
      do {
        const page = await tagHistory.list(repository, { tag, limit: PAGE, after, signal });
        all.push(...page.moves.map((move) => moveView(repository, move)));
        after = page.next;
      } while (after !== undefined);
      show(all);
    },
    remote: async (administration, signal) => {
      const all: MoveView[] = [];
      const keys = { entries: 'moves', id: 'id' };
      const query = { n: String(PAGE), tag };
      for await (const move of administration.list('tag-history', keys, { repository, query, signal }))
        all.push(move as unknown as MoveView);
      show(all);
    },
  });
}

async function showDigest(
  request: Extract<TagHistoryRequest, { readonly at: Date }>,
  program: Program,
): Promise<ExitCode | void> {
  const { repository, tag, at, json } = request;
  const show = (digest: string): void => {
    const host = request.registry === undefined ? '' : `${request.registry}/`;
    const reference = printable(`${host}${repository}@${digest}`);
    const time = at.toISOString();
    program.print(json ? `${JSON.stringify({ repository, tag, at: time, digest, reference })}\n` : `${reference}\n`);
  };
  return administrate({ ...request, changes: false }, program, {
    local: async ({ tagHistory }) => show(await tagHistory.at(repository, tag, at)),
    remote: async (administration, signal) => {
      const query = { tag, at: at.toISOString() };
      show(String((await administration.get('tag-history/digest', { repository, query, signal }))['digest']));
    },
  });
}

function rowOf({ tag, at, from, to, found, ...by }: MoveView): string[] {
  const { user, job, command } = by;
  const who = user ?? (job === undefined ? command && `command ${command}` : `job ${job}`);
  return [tag, at, who ?? '-', from ?? '-', to ?? '-', found === undefined ? '' : (found ?? '-')].map(printable);
}
