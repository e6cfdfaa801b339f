import { resolve } from 'node:path';
import { z } from 'zod';
import { abortable, DRIVER_CONTRACT, defineDriver } from '../../core/driver/index.ts';
import { diagnoseRoot } from './diagnose-root.ts';
import { FilesystemDriver } from './filesystem-driver.ts';
import { inspectRoot } from './inspect-root.ts';

/** With fewer concurrent calls a registry stalls; distribution also raises smaller numbers. */
const MIN_CALLS = 25;

const FilesystemOptions = z.strictObject({
  rootdirectory: z.string().min(1, 'must name a folder').default('/var/lib/registry').meta({
    public: true,
    value: 'folder',
    description:
      'The folder for all content; created if missing. A relative path starts at the working folder of the process.',
  }),
  maxthreads: z
    .preprocess(
      (value) => (typeof value === 'string' && /^-?\d+$/.test(value) ? Number(value) : value),
      z.int({ error: 'must be a whole number' }),
    )
    .default(100)
    .transform((calls) => Math.max(calls, MIN_CALLS))
    .meta({
      public: true,
      value: 'number of calls',
      description: 'The number of concurrent file operations; less than 25 is raised to 25.',
    }),
});

/** `storage: { filesystem: … }` in the configuration. */
export default defineDriver({
  name: 'filesystem',
  contract: DRIVER_CONTRACT,
  options: z.preprocess((value) => value ?? {}, FilesystemOptions),
  create: async ({ rootdirectory, maxthreads }, { warn, signal }) => {
    const rootFolder = resolve(rootdirectory);
    return orExplain(FilesystemDriver.open({ rootFolder, maxCalls: maxthreads, warn, signal }), { rootFolder, signal });
  },
  inspect: ({ rootdirectory }, context) => {
    const rootFolder = resolve(rootdirectory);
    const { signal } = context;
    return orExplain(abortable(inspectRoot(rootFolder, context), signal), { rootFolder, signal });
  },
  diagnose: ({ rootdirectory }, { writes, signal }) =>
    abortable(diagnoseRoot(resolve(rootdirectory), { writes }), signal),
});

/** @throws the reason of `signal` when that is aborted, otherwise an Error that explains why `opening` failed */
async function orExplain<Result>(
  opening: Promise<Result>,
  { rootFolder, signal }: { readonly rootFolder: string; readonly signal: AbortSignal | undefined },
): Promise<Result> {
  try {
    return await opening;
  } catch (error) {
    signal?.throwIfAborted();
    const reason = error instanceof Error ? error.message : String(error);
    throw new Error(
      `storage.filesystem: cannot use ${JSON.stringify(rootFolder)} as the root: ${reason}. ` +
        'Set rootdirectory to a folder that this process may write to, on a disk that is not full.',
      { cause: error },
    );
  }
}
