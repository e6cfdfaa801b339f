import test from 'ava';
import { ForwardingDriver } from '../../../../../core/driver/index.ts';
import { PathMapper } from '../../../../../core/storage/paths/path-mapper.ts';
import { ReadingInstances } from '../../../../../core/storage-copy/copy-on-read/reading-instances.ts';
import { ReadingSign } from '../../../../../core/storage-copy/copy-on-read/reading-sign.ts';
import { MemoryDriver } from '../../../../../drivers/memory/memory-driver.ts';
import { CountingDriver } from '../../../../helpers/drivers/counting-driver.ts';
import { FaultInjector } from '../../../../helpers/drivers/fault-injector.ts';
import { OldFiles } from '../../../../helpers/drivers/old-files.ts';
import { until } from '../../../../helpers/running/until.ts';

const log = { warn: () => undefined };

const HOUR_MS = 60 * 60 * 1000;

test('others know of an instance that reads an old storage until it stops', async (t) => {
  const storage = new MemoryDriver();
  const others = new ReadingInstances(storage);
  t.false(await others.areThere());
  const [one, other] = [0, 1].map(() => new ReadingSign(new ReadingInstances(storage), { log })) as [
    ReadingSign,
    ReadingSign,
  ];
  await one.begin();
  await other.begin();
  await one[Symbol.asyncDispose]();
  t.true(await others.areThere());
  await other[Symbol.asyncDispose]();
  t.false(await others.areThere());
});

test('the sign of an instance that was killed counts for 15 minutes', async (t) => {
  const storage = new MemoryDriver();
  await new ReadingInstances(storage).sign('killed');
  t.true(await new ReadingInstances(storage).areThere(Date.now() + 14 * 60_000));
  t.false(await new ReadingInstances(storage).areThere(Date.now() + 16 * 60_000));
  t.false(await new ReadingInstances(new OldFiles(storage)).areThere());
});

test('a sign is renewed, also after the storage has failed', async (t) => {
  const storage = new CountingDriver(new MemoryDriver());
  let failures = 0;
  const failing = new (class extends ForwardingDriver {
    override async write(...parts: Parameters<ForwardingDriver['write']>): Promise<void> {
      if (failures++ === 1) throw new Error('full');
      await super.write(...parts);
    }
  })(storage);
  await using sign = new ReadingSign(new ReadingInstances(failing), { log, everyMs: 1 });
  await sign.begin();
  await until('it was renewed', async () => storage.count('write') >= 3);
  t.true(failures >= 4);
});

test('the sign of an instance that was killed goes after a day, and one that the storage keeps does no harm', async (t) => {
  const storage = new FaultInjector(new MemoryDriver());
  await new ReadingInstances(storage).sign('killed');
  const others = new ReadingInstances(storage);
  const sign = new PathMapper().copies.reader('killed');
  t.false(await others.areThere(Date.now() + 23 * HOUR_MS));
  t.truthy(await storage.stat(sign));
  storage.failNext('delete');
  t.false(await others.areThere(Date.now() + 25 * HOUR_MS));
  t.truthy(await storage.stat(sign));
  t.false(await others.areThere(Date.now() + 25 * HOUR_MS));
  t.is(await storage.stat(sign), undefined);
});
