import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import test from 'ava';
import { FileCredentials } from '../../../../client/credentials/file-credentials.ts';
import { tempRoot } from '../../../helpers/drivers/temp-root.ts';

test('a named file that does not exist is an error for all but a login, which makes it', async (t) => {
  const folder = await tempRoot(t);
  const file = join(folder, 'missing.json');
  const expected = {
    name: 'CredentialsError',
    message: `${file}: does not exist; check its name, or log in to create it`,
  };
  for (const options of [{ env: {}, file }, { env: { REGISTRY_AUTH_FILE: file } }]) {
    const credentials = new FileCredentials(options);
    await t.throwsAsync(credentials.find('quay.io'), expected);
    await t.throwsAsync(credentials.erase('quay.io'), expected);
    await t.throwsAsync(credentials.check(), expected);
    await credentials.store('quay.io', { username: 'ann', password: 'x' });
    await credentials.check();
    t.is((await credentials.find('quay.io'))?.username, 'ann');
    await rm(file);
  }
  await new FileCredentials({ env: { HOME: folder } }).check();
});
