import type { ExitCode } from './command.ts';

/** The exit codes. They are an interface: a code never changes its meaning. */
export const EXIT_CODES: Readonly<Record<ExitCode | 130 | 143, string>> = {
  0: 'success',
  1: 'failure: a registry could not start or stop, a transfer broke off, a job did not complete, a test case or a check of "doctor" failed',
  2: 'wrong usage, or an invalid configuration or credentials file',
  3: 'some images failed, the others were processed (with --keep-going)',
  4: 'not found: no such repository, tag, manifest, blob, platform, folder or image archive',
  5: 'credentials are missing, rejected or insufficient',
  6: 'two images differ ("diff --exit-code")',
  7: 'a registry breaks a mandatory rule ("verify"), or one more than before ("verify diff")',
  8: 'a registry breaks only recommended rules ("verify --strict")',
  9: 'content or links in the storage are damaged ("scrub", "copy-storage")',
  130: 'interrupted by SIGINT',
  143: 'terminated by SIGTERM',
};
