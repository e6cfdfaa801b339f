import test from 'ava';
import { RepositoryEraser } from '../../../../core/admin/repository-eraser.ts';
import { MemoryDriver } from '../../../../drivers/memory/memory-driver.ts';
import { name, pushBlob } from '../../../helpers/content/registry-content.ts';
import { composeCore } from '../../../helpers/core/core-parts.ts';
import { type CallSite, DriverWrapper } from '../../../helpers/drivers/driver-wrapper.ts';
import { storedFiles } from '../../../helpers/invariants/stored-files.ts';

const APP = name('team/app');
const BLOBS = 100;
/** The most links that go at the same time. */
const CONCURRENCY = 32;

/** A storage with which another process ends the change when the first link to a blob is about to go. */
class EndingDriver extends DriverWrapper {
  hasEnded = false;

  protected override async around<Result>({ call, path }: CallSite, action: () => Promise<Result>): Promise<Result> {
    this.hasEnded ||= call === 'delete' && path.includes('/_layers/');
    return action();
  }
}

test('a delete that another process ends while links to blobs go removes none that it has not begun to remove', async (t) => {
  const driver = new MemoryDriver();
  const storage = new EndingDriver(driver);
  const core = composeCore(storage);
  for (let index = 0; index < BLOBS; index += 1) await pushBlob(core.layers, APP, Buffer.from(`blob ${index}`));
  const check = async (): Promise<void> => {
    if (storage.hasEnded) throw new Error('ended');
  };
  const steps = { next: async () => undefined, check, changes: check };
  await t.throwsAsync(core.container.get(RepositoryEraser).erase(APP, steps), { message: 'ended' });
  t.true(storage.hasEnded);
  const left = [...(await storedFiles(driver)).keys()].filter((path) => path.includes('/team/app/_layers/'));
  t.true(left.length >= BLOBS - CONCURRENCY, `${left.length} are left`);
});
