import { randomBytes } from 'node:crypto';

const SECRET_BYTES = 32;
const PREFIX = 'temporary-';

/** A secret for the workers of one start, where the configuration has none. */
export function temporarySecret(): string {
  return PREFIX + randomBytes(SECRET_BYTES).toString('hex');
}

/** Whether a secret ends with this start, and is known to this instance only. */
export function isTemporary(secret: string): boolean {
  return secret.startsWith(PREFIX);
}
