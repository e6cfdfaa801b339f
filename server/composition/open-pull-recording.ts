import type { Logger } from '../../core/ports/logger.ts';
import { ManifestReader } from '../../core/registry/local/manifest-reader.ts';
import type { Configuration } from '../config/index.ts';
import type { CoreContainer } from './core-container.ts';

/** What a recording of pulls is opened with. */
export interface PullRecordingDependencies {
  readonly core: CoreContainer;
  readonly isReadOnly: () => boolean;
  readonly log: Logger;
  readonly stack: AsyncDisposableStack;
}

/**
 * Records pulls from now on, if the configuration asks for it; otherwise nothing of it is loaded.
 * @returns a function that writes what is known at once, and resolves with whether it could; `undefined` if pulls are not recorded
 */
export async function openPullRecording(
  { retention }: Pick<Configuration, 'retention'>,
  { core, isReadOnly, log, stack }: PullRecordingDependencies,
): Promise<(() => Promise<boolean>) | undefined> {
  if (!retention.recordsPulls) return undefined;
  const [{ PullRecorder }, { PullStore }] = await Promise.all([
    import('../../core/pulls/pull-recorder.ts'),
    import('../../core/storage/pull-store.ts'),
  ]);
  const recorder = stack.use(new PullRecorder({ store: core.get(PullStore), isReadOnly, log }));
  core.get(ManifestReader).reportTo((name, digest) => recorder.note(name, digest));
  return () => recorder.flush();
}
