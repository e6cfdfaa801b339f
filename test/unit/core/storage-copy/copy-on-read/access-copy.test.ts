import test from 'ava';
import type { StorageDriver } from '../../../../../core/driver/index.ts';
import { copyAccessOnce } from '../../../../../core/storage-copy/copy-on-read/access-copy.ts';
import { CopySide } from '../../../../../core/storage-copy/copy-side.ts';
import { MemoryDriver } from '../../../../../drivers/memory/memory-driver.ts';
import { composeCore } from '../../../../helpers/core/core-parts.ts';
import { FaultInjector } from '../../../../helpers/drivers/fault-injector.ts';
import { storedFiles } from '../../../../helpers/invariants/stored-files.ts';
import { text } from '../pushed-image.ts';

const { paths } = composeCore(new MemoryDriver());
const [KEPT, REVOKED] = [paths.accessTokens.token('user', 'kept'), paths.accessTokens.token('user', 'revoked')];

async function copyAccess(old: StorageDriver, target: StorageDriver): Promise<void> {
  const [source, into] = [old, target].map((driver) => composeCore(driver).container.get(CopySide));
  if (source === undefined || into === undefined) throw new Error('there are two storages');
  await copyAccessOnce({ source, target: into }, new AbortController().signal);
}

async function oldStorage(): Promise<MemoryDriver> {
  const old = new MemoryDriver();
  for (const path of [KEPT, REVOKED, paths.accessTokens.signingKey()]) await old.write(path, text(path));
  return old;
}

test('access tokens and the signing key are copied, and a token that was revoked since does not come back', async (t) => {
  const [old, target] = [await oldStorage(), new MemoryDriver()];
  await copyAccess(old, target);
  t.is((await storedFiles(target)).get(paths.accessTokens.signingKey())?.toString(), paths.accessTokens.signingKey());
  await target.delete(REVOKED);
  await copyAccess(old, target);
  const files = await storedFiles(target);
  t.true(files.has(KEPT));
  t.false(files.has(REVOKED));
});

test('a copy of access tokens that was interrupted anywhere is completed by the next start', async (t) => {
  const old = await oldStorage();
  for (let index = 0, isOver = false; !isOver; index += 1) {
    const memory = new MemoryDriver();
    const target = new FaultInjector(memory);
    target.plan({ fault: 'dead', index });
    await copyAccess(old, target).catch(() => undefined);
    isOver = target.isPending;
    target.heal();
    await copyAccess(old, memory);
    const files = await storedFiles(memory);
    for (const path of [KEPT, REVOKED, paths.accessTokens.signingKey()])
      t.true(files.has(path), `${path} after call ${index}`);
  }
});
