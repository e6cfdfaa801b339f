import type { ExecutionContext } from 'ava';
import { type DoctorCheck, type DoctorFinding, type Examined } from '../../../cli/doctor/check.ts';
import { Skipped } from '../../../cli/doctor/skipped.ts';
import type { StorageDriver } from '../../../core/driver/index.ts';
import { TrialFolder } from '../../../core/storage/trial-folder.ts';
import { type LoadedConfiguration, loadConfiguration } from '../../../server/config/index.ts';

/** A configuration that was never written. */
export function loadedFrom(sections: object, path = 'config.yml'): Promise<LoadedConfiguration> {
  const text = JSON.stringify({ version: 0.1, storage: { inmemory: {} }, ...sections });
  return loadConfiguration({ path, text, env: {} });
}

/** What a check looks at: this configuration, and this storage. */
export function examined(t: ExecutionContext, loaded: LoadedConfiguration, driver?: StorageDriver): Examined {
  const storage = async () => {
    if (driver === undefined) throw new Skipped('this test has no storage');
    return { driver, notes: undefined };
  };
  return {
    loaded,
    configured: loaded,
    storage,
    openStorage: storage,
    trial: async () => {
      const folder = await TrialFolder.open((await storage()).driver);
      t.teardown(() => folder[Symbol.asyncDispose]());
      return folder;
    },
    publicAddress: () => {
      throw new Skipped('this test has no address');
    },
    redis: async () => {
      throw new Skipped('this test has no Redis');
    },
  };
}

/** The findings of a check that are not as they should be: `warning: …`. */
export async function troubles({ run }: DoctorCheck, given: Examined): Promise<string[]> {
  return (await run(given)).filter(({ severity }) => severity !== 'ok').map(findingText);
}

function findingText({ severity, finding }: DoctorFinding): string {
  return `${severity}: ${finding}`;
}
