import type { CopyEvent } from '../../client/copy/copy-event.ts';
import type { CopyResult } from '../../client/copy/copy-options.ts';
import type { CopyRun } from '../../client/copy/copy-run.ts';
import type { ProgramStreams } from '../program-streams.ts';
import { JsonProgress } from './json-progress.ts';
import { PlainProgress } from './plain-progress.ts';
import type { ProgressView } from './progress-view.ts';
import { TerminalProgress } from './terminal-progress.ts';

/** How progress is asked for. */
export type ProgressOutput = 'progress' | 'quiet' | 'json';

/** What shows progress on these streams: bars on a terminal, lines elsewhere. */
export function progressView(
  output: ProgressOutput,
  { complain, terminal }: Pick<ProgramStreams, 'complain' | 'terminal'>,
): ProgressView | undefined {
  const now = (): number => performance.now();
  if (output === 'quiet') return undefined;
  if (output === 'json') return new JsonProgress({ complain });
  return terminal() === undefined ? new PlainProgress({ complain, now }) : new TerminalProgress({ terminal, now });
}

/**
 * Shows how a copy is doing until it ends.
 * @param observe sees every event, also where none is shown
 * @throws the error of the copy
 */
export async function showProgress(
  run: CopyRun,
  view: ProgressView | undefined,
  observe?: (event: CopyEvent) => void,
): Promise<CopyResult> {
  const timer = view?.everyMs === undefined ? undefined : setInterval(() => view.tick(), view.everyMs);
  try {
    for await (const event of run) {
      view?.apply(event);
      observe?.(event);
    }
    return await run.result;
  } finally {
    clearInterval(timer);
    view?.end();
  }
}
