import type { Command, ExitCode, Program } from '../command.ts';
import { attach } from './attach.ts';
import { blob } from './blob.ts';
import { checkConfig } from './check-config.ts';
import { completion } from './completion.ts';
import { copy } from './copy.ts';
import { copyStorage } from './copy-storage.ts';
import { diff } from './diff.ts';
import { digest } from './digest.ts';
import { doctor } from './doctor.ts';
import { driverNew } from './driver-new.ts';
import { driverTest } from './driver-test.ts';
import { garbageCollect } from './garbage-collect.ts';
import { gc } from './gc.ts';
import { gcExplain } from './gc-explain.ts';
import { init } from './init.ts';
import { inspect } from './inspect.ts';
import { jobs } from './jobs.ts';
import { jobsCancel } from './jobs-cancel.ts';
import { jobsWatch } from './jobs-watch.ts';
import { login } from './login.ts';
import { logout } from './logout.ts';
import { ls } from './ls.ts';
import { man } from './man.ts';
import { manifest } from './manifest.ts';
import { policyExplain } from './policy-explain.ts';
import { policyTest } from './policy-test.ts';
import { pull } from './pull.ts';
import { push } from './push.ts';
import { quarantineDrop } from './quarantine-drop.ts';
import { quarantineList } from './quarantine-list.ts';
import { quarantineRelease } from './quarantine-release.ts';
import { rebuildReferrers } from './rebuild-referrers.ts';
import { referrers } from './referrers.ts';
import { repositoryDelete } from './repository-delete.ts';
import { repositoryRename } from './repository-rename.ts';
import { repositoryWithdraw } from './repository-withdraw.ts';
import { retentionExplain } from './retention-explain.ts';
import { retentionTest } from './retention-test.ts';
import { rm } from './rm.ts';
import { runJob } from './run.ts';
import { scrub } from './scrub.ts';
import { serve } from './serve.ts';
import { sync } from './sync.ts';
import { tag } from './tag.ts';
import { tagHistory } from './tag-history.ts';
import { tagRestore } from './tag-restore.ts';
import { tags } from './tags.ts';
import { tokenCreate } from './token-create.ts';
import { tokenList } from './token-list.ts';
import { tokenRevoke } from './token-revoke.ts';
import { trashEmpty } from './trash-empty.ts';
import { trashList } from './trash-list.ts';
import { undelete } from './undelete.ts';
import { uploads } from './uploads.ts';
import { uploadsCancel } from './uploads-cancel.ts';
import { verify } from './verify.ts';
import { verifyDiff } from './verify-diff.ts';

/** All commands, in the order of `--help`. Nothing that a command runs is loaded with them. */
export const COMMANDS = [
  serve,
  checkConfig,
  doctor,
  policyExplain,
  policyTest,
  retentionExplain,
  retentionTest,
  jobs,
  jobsCancel,
  jobsWatch,
  runJob,
  gc,
  gcExplain,
  garbageCollect,
  undelete,
  trashList,
  trashEmpty,
  scrub,
  quarantineList,
  quarantineRelease,
  quarantineDrop,
  rebuildReferrers,
  copyStorage,
  repositoryDelete,
  repositoryRename,
  repositoryWithdraw,
  tagHistory,
  tagRestore,
  uploads,
  uploadsCancel,
  init,
  push,
  pull,
  copy,
  sync,
  ls,
  tags,
  inspect,
  diff,
  digest,
  manifest,
  blob,
  referrers,
  attach,
  tag,
  rm,
  login,
  logout,
  tokenCreate,
  tokenList,
  tokenRevoke,
  verify,
  verifyDiff,
  driverTest,
  driverNew,
  completion,
  man,
] as const;

/** What a command was asked to do; its `kind` is the name of the command with `-` between the words. */
export type CommandRequest = ReturnType<(typeof COMMANDS)[number]['parse']>;

/** Loads what the command needs, and runs it. */
export async function runCommand(request: CommandRequest, program: Program): Promise<ExitCode> {
  const found = COMMANDS.find(({ name }) => name.replaceAll(' ', '-') === request.kind);
  // The command has made the request, so it takes it.
  const { run } = await (found as Command<CommandRequest>).load();
  return (await run(request, program)) ?? 0;
}
