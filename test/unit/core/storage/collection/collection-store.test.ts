import { digestOf } from '../../../../../core/digest/digest.ts';
import { composeCore } from '../../../../helpers/core/core-parts.ts';
import { CountingDriver } from '../../../../helpers/drivers/counting-driver.ts';
import { eachDriver } from '../../../../helpers/drivers/each-driver.ts';

const ID = '20260101T000000000Z-000001-0badcafe';
const digests = Array.from({ length: 1100 }, (_, number) => digestOf(Buffer.from(`candidate ${number}`)));

eachDriver('marks of many candidates are found with one call', async (t, driver) => {
  const counting = new CountingDriver(driver);
  const { collections } = composeCore(counting);
  t.deepEqual(await collections.keptAmong(ID, digests), new Set());
  const kept = digests.slice(7, 10);
  for (const digest of kept) await collections.keep(ID, digest);
  counting.reset();
  t.deepEqual(await collections.keptAmong(ID, digests), new Set(kept));
  t.is(counting.count(), 1);
});

eachDriver('if a thousand others are marked, each mark is looked up', async (t, driver) => {
  const counting = new CountingDriver(driver);
  const { collections } = composeCore(counting);
  const [first, last] = [digests[0], digests.at(-1)];
  if (first === undefined || last === undefined) return t.fail();
  for (const digest of digests.slice(0, -1)) await collections.keep(ID, digest);
  t.deepEqual(await collections.keptAmong(ID, [first, last]), new Set([first]));
  counting.reset();
  t.deepEqual(await collections.keptAmong(ID, [first, last]), new Set([first]));
  t.is(counting.count('list'), 0);
  t.is(counting.count('stat'), 2);
});
