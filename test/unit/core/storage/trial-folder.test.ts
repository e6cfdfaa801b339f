import { parseStoragePath, ROOT_PATH } from '../../../../core/driver/index.ts';
import { PathMapper } from '../../../../core/storage/paths/path-mapper.ts';
import { TrialFolder } from '../../../../core/storage/trial-folder.ts';
import { eachDriver } from '../../../helpers/drivers/each-driver.ts';
import { storedFiles } from '../../../helpers/invariants/stored-files.ts';

const FILE = parseStoragePath('/file');
const { doctor } = new PathMapper();
const HOUR_MS = 3_600_000;

eachDriver('a trial folder is empty, is removed at its end, and leaves no folder', async (t, driver) => {
  {
    await using trial = await TrialFolder.open(driver);
    for await (const { name } of trial.driver.list(ROOT_PATH)) t.fail(name);
    await trial.driver.write(FILE, Buffer.from('bytes'));
    await trial.folder('below').write(FILE, Buffer.from('bytes'));
    t.is((await storedFiles(driver)).size, 2);
  }
  t.is((await storedFiles(driver)).size, 0);
  t.is(await driver.stat(doctor.trials()), undefined);
});

eachDriver(
  'what a killed run has left is removed by a run an hour later, and not while it may be running',
  async (t, driver) => {
    const beganAt = 1_700_000_000_000;
    const killed = await TrialFolder.open(driver, () => beganAt);
    await killed.driver.write(FILE, Buffer.from('bytes'));
    await using beside = await TrialFolder.open(driver, () => beganAt + HOUR_MS);
    await beside.driver.write(FILE, Buffer.from('bytes'));
    t.is((await storedFiles(driver)).size, 2);
    await TrialFolder.open(driver, () => beganAt + HOUR_MS + 1);
    t.deepEqual([...(await storedFiles(driver)).keys()].length, 1);
    t.not(await beside.driver.stat(FILE), undefined);
  },
);
