import { digestOf } from '../../../../core/digest/digest.ts';
import { DriverError } from '../../../../core/driver/index.ts';
import { at, readAll } from '../../../../testing/driver-case.ts';
import { composeCore } from '../../../helpers/core/core-parts.ts';
import { CountingDriver } from '../../../helpers/drivers/counting-driver.ts';
import { eachDriver } from '../../../helpers/drivers/each-driver.ts';
import { FaultInjector } from '../../../helpers/drivers/fault-injector.ts';

const PATH = at('/links/a/link');
const FOLDER = at('/links/a');
const DIGEST = digestOf(Buffer.from('content'));

eachDriver('a link is the digest as text, without a newline', async (t, driver) => {
  const { links } = composeCore(driver);
  await links.write(PATH, DIGEST);
  t.is((await readAll(driver, PATH)).toString(), DIGEST);
  t.is(await links.read(PATH), DIGEST);
});

eachDriver('a missing link and a folder in its place name nothing', async (t, driver) => {
  const { links } = composeCore(driver);
  t.is(await links.read(PATH), undefined);
  await links.write(at(`${PATH}/deeper`), DIGEST);
  t.is(await links.read(PATH), undefined);
});

eachDriver('a link with blanks around it, as an editor leaves them, is read', async (t, driver) => {
  await driver.write(PATH, Buffer.from(`${DIGEST}\n`));
  t.is(await composeCore(driver).links.read(PATH), DIGEST);
});

const garbage: Readonly<Record<string, Buffer>> = {
  'an empty': Buffer.alloc(0),
  'a torn': Buffer.from(DIGEST.slice(0, 40)),
  'a doubled': Buffer.from(`${DIGEST}${DIGEST}`),
  'a zeroed': Buffer.alloc(DIGEST.length),
  'a partly zeroed': Buffer.concat([Buffer.from(DIGEST), Buffer.alloc(10)]),
  'a binary': Buffer.of(0xff, 0xfe, 0),
  'a foreign': Buffer.from('../../../etc/passwd'),
  'an upper-case': Buffer.from(DIGEST.toUpperCase()),
  'a long': Buffer.from(`${DIGEST}${' '.repeat(2000)}x`),
  'a huge': Buffer.alloc(2 * 1024 * 1024, 'a'),
};

for (const [what, bytes] of Object.entries(garbage)) {
  eachDriver(`${what} link counts as absent`, async (t, driver) => {
    await driver.write(PATH, bytes);
    t.is(await composeCore(driver).links.read(PATH), undefined);
  });
}

eachDriver('a link is replaced, and reading or writing one costs one call', async (t, driver) => {
  const counting = new CountingDriver(driver);
  const { links } = composeCore(counting);
  const other = digestOf(Buffer.from('other'), 'sha512');
  await links.write(PATH, DIGEST);
  await links.write(PATH, other);
  t.is(counting.count(), 2);
  t.is(await links.read(PATH), other);
  t.is(counting.count(), 3);
});

eachDriver('a backend that fails is not taken for an absent link', async (t, driver) => {
  const failing = new FaultInjector(driver);
  const { links } = composeCore(failing);
  await links.write(PATH, DIGEST);
  failing.failNext('read');
  await t.throwsAsync(links.read(PATH), { instanceOf: DriverError, message: /unavailable/ });
});

eachDriver(
  'removing deletes the folder of a link, reports whether it existed, and leaves the siblings',
  async (t, driver) => {
    const { links } = composeCore(driver);
    await links.write(PATH, DIGEST);
    await links.write(at('/links/ab/link'), DIGEST);
    t.true(await links.remove(FOLDER));
    t.false(await links.remove(FOLDER));
    t.is(await links.read(PATH), undefined);
    t.is(await links.read(at('/links/ab/link')), DIGEST);
  },
);

eachDriver('folders are listed in byte order, without files, from any place', async (t, driver) => {
  const { links } = composeCore(driver);
  for (const folder of ['b', 'a', 'B', 'a-b', 'a.b', '_']) await links.write(at(`/links/${folder}/link`), DIGEST);
  await driver.write(at('/links/file'), Buffer.from('x'));
  const list = async (after?: string) => {
    const names: string[] = [];
    for await (const folder of links.folders(at('/links'), after)) names.push(folder);
    return names;
  };
  t.deepEqual(await list(), ['B', '_', 'a', 'a-b', 'a.b', 'b']);
  t.deepEqual(await list('a'), ['a-b', 'a.b', 'b']);
  t.deepEqual(await list('a-a'), ['a-b', 'a.b', 'b']);
  t.deepEqual(await list('b'), []);
});

eachDriver('a missing folder has no folders, a failing one is an error', async (t, driver) => {
  const failing = new FaultInjector(driver);
  const { links } = composeCore(failing);
  t.true((await links.folders(at('/links')).next()).done);
  failing.failNext('list');
  await t.throwsAsync(links.folders(at('/links')).next(), { instanceOf: DriverError, message: /unavailable/ });
});
