import type { CopyOptions } from '../../client/copy/copy-options.ts';
import type { WantedPlatform } from '../../client/copy/selection.ts';
import type { ConnectionRequest } from '../client/connection-request.ts';

/** How images are moved, as a command line says. */
export interface TransferRequest extends Required<Pick<CopyOptions, 'dryRun' | 'referrers'>> {
  readonly connection: ConnectionRequest;
  readonly platforms: readonly WantedPlatform[];
  readonly index: CopyOptions['index'];
  readonly window: number | undefined;
  readonly retries: number | undefined;
  /** `json` writes events to standard error and the result to standard output, as JSON. */
  readonly output: 'progress' | 'quiet' | 'json';
}
