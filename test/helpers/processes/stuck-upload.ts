// Uploads 100 MiB into the root folder that it is given, writes the upload's id once the bytes and a state of the
// digest are stored, and then stalls.
import { setTimeout as delay } from 'node:timers/promises';
import { FilesystemDriver } from '../../../drivers/filesystem/filesystem-driver.ts';
import { MIB, names } from '../../../testing/driver-case.ts';
import { name } from '../content/registry-content.ts';
import { composeCore } from '../core/core-parts.ts';

const [, , rootFolder = ''] = process.argv;
const driver = await FilesystemDriver.open({ rootFolder, maxCalls: 100, warn: () => undefined });
const { layers, paths } = composeCore(driver);
const upload = await layers.upload(name('foo/bar'));
const { uuid } = upload.state;

async function* body() {
  for (let index = 0; index < 100; index += 1) yield Buffer.alloc(MIB, index);
  const folder = paths.uploadHashStates(name('foo/bar'), uuid, 'sha256');
  while (!(await names(driver, folder).catch((): string[] => [])).includes(String(64 * MIB))) await delay(5);
  process.stdout.write(uuid);
  await delay(2 ** 30);
}

await upload.append({ body: body() });
