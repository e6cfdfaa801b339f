import type { QuarantinedContent } from '../../core/admin/quarantine-administration.ts';
import { timeOf } from './run-view.ts';

/** Content in quarantine as programs see it. */
export interface QuarantineView {
  readonly digest: string;
  readonly id: string;
  readonly bytes: number;
  readonly storedAt: string;
  /** Whether other content is stored under the digest by now. */
  readonly replaced: boolean;
}

export function quarantineView({ digest, id, size, storedAt, isReplaced }: QuarantinedContent): QuarantineView {
  return { digest, id, bytes: size, storedAt: timeOf(storedAt.getTime()), replaced: isReplaced };
}
