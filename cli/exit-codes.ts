import type { ExitCode } from './command.ts';

/** What the program ends with. An interface: a code never changes its meaning. */
export const EXIT_CODES: Readonly<Record<ExitCode | 130 | 143, string>> = {
  0: 'all went well',
  1: 'it failed: a registry could not start or stop, a transfer broke off, a job did not complete, a case of a test failed',
  2: 'wrong usage, a configuration or a file of credentials that is wrong',
  3: 'some images failed and others were copied (with --keep-going)',
  4: 'what was named does not exist: no such repository, tag, manifest, blob, platform, folder or archive of images',
  5: 'credentials are missing, refused, or do not allow this',
  6: 'two images differ ("diff --exit-code")',
  7: 'a registry breaks a rule that binds every registry ("verify"), or one more than before ("verify diff")',
  8: 'a registry breaks only rules that it should keep ("verify --strict")',
  130: 'SIGINT ended it',
  143: 'SIGTERM ended it',
};
