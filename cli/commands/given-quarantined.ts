import { type Digest, isDigest } from '../../core/digest/digest.ts';
import { UsageError } from '../usage-error.ts';

/** Of commands that decide on quarantined content. */
export const QUARANTINED = {
  description: 'its digest, as "stowage quarantine list" prints it',
  completes: 'none',
} as const;

/** @throws UsageError */
export function givenDigest(text: string): Digest {
  if (isDigest(text)) return text;
  throw new UsageError(`${JSON.stringify(text)} is no digest; write one such as sha256:e3b0c442…`);
}
