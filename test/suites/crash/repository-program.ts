// Deletes a repository, brings it back or empties the trash, and kills itself before one of its calls:
// node repository-program.js <folder> <keepMs> <what> <calls>
import { RegistryError } from '../../../core/model/errors.ts';
import { parseRepositoryName } from '../../../core/model/reference.ts';
import { FilesystemDriver } from '../../../drivers/filesystem/filesystem-driver.ts';
import { composeCoreWithTrash } from '../../helpers/core/core-parts.ts';
import { changeNow } from '../../helpers/core/repository-parts.ts';
import { type CallSite, DriverWrapper } from '../../helpers/drivers/driver-wrapper.ts';

/** Kills its own process before one of its calls. */
class MortalDriver extends DriverWrapper {
  callsLeft = Number(process.argv[5]);

  protected override around<Result>(_: CallSite, action: () => Promise<Result>): Promise<Result> {
    this.callsLeft -= 1;
    if (this.callsLeft < 0) process.kill(process.pid, 'SIGKILL');
    return action();
  }
}

const [, , rootFolder = '', keepText, what] = process.argv;
const APP = parseRepositoryName('team/app');
const { signal } = new AbortController();
const driver = new MortalDriver(
  await FilesystemDriver.open({ rootFolder, maxCalls: 100, warn: (text) => void process.stderr.write(`${text}\n`) }),
);
const core = composeCoreWithTrash(driver, { keepMs: Number(keepText) });
try {
  if (what === 'delete') await changeNow(core, { action: 'delete', name: APP });
  else if (what === 'undelete') await core.repositoryReturn.bringBack(APP, { isForced: false, signal });
  else await core.trash.empty({ signal, dryRun: false, now: true });
} catch (error) {
  // An earlier process has completed it before it was killed.
  if (!RegistryError.is(error, 'NAME_UNKNOWN')) throw error;
}
process.exit(0);
