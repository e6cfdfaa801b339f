import { CopySession } from '../copy-session.ts';
import type { CopySides } from '../storage-copy.ts';
import { TreeCopy } from '../tree-copy.ts';
import { FILLING } from './filling.ts';

/**
 * Copies access tokens and the key that signs tokens, unless that was done before: a token that was revoked since must not
 * come back. To be called before tokens are read or revoked. Costs one driver call if it was done.
 * @throws DriverError; the next call does the rest
 */
export async function copyAccessOnce(sides: CopySides, signal: AbortSignal): Promise<void> {
  const { driver, paths, links } = sides.target;
  const done = paths.copies.accessCopied();
  if (await links.exists(done)) return;
  await new TreeCopy(sides, new CopySession(FILLING, { signal, observer: {} })).copy(paths.access());
  await driver.write(done, Buffer.from(new Date().toISOString()));
}
