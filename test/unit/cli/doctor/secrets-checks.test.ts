import { chmod, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import test from 'ava';
import { httpSecret } from '../../../../cli/doctor/checks/http-secret.ts';
import { secretFiles } from '../../../../cli/doctor/checks/secret-files.ts';
import { tempRoot } from '../../../helpers/drivers/temp-root.ts';
import { examined, loadedFrom, troubles } from '../../../helpers/running/examined.ts';
import { newSecret } from '../../../helpers/secrets/known-secrets.ts';

const redis = { addrs: ['localhost:6379'] };

test('a secret that is missing, short or known to everybody is found, and never repeated', async (t) => {
  const found = async (sections: object) => troubles(httpSecret, examined(t, await loadedFrom(sections)));
  const long = newSecret('http');
  t.deepEqual(await found({ http: { secret: long } }), []);
  t.deepEqual(await found({}), ['warning: there is no http.secret, so that a restart ends all uploads']);
  t.deepEqual(await found({ redis }), [
    'failure: there is no http.secret, so that no instance accepts an upload of another one',
  ]);
  t.deepEqual(await found({ redis, http: { tokenprovider: 'redis' } }), [
    'note: there is no http.secret; Redis keeps the state of uploads',
  ]);
  t.deepEqual(await found({ http: { secret: 'AsecretForLocalDevelopment' } }), [
    'failure: http.secret is one of the secrets that guides show',
  ]);
  t.deepEqual(await found({ http: { secret: long, secrets: ['short one'] } }), [
    'warning: http.secrets[0] has 9 characters, and can be guessed; 32 are enough',
  ]);
});

test('files with secrets that others can read are a warning, and those that others can write a failure', async (t) => {
  const folder = await tempRoot(t);
  const [path, passwords] = [join(folder, 'config.yml'), join(folder, 'htpasswd')];
  for (const file of [path, passwords]) await writeFile(file, '', { mode: 0o600 });
  const found = async (sections: object = {}) => {
    const auth = { htpasswd: { realm: 'here', path: passwords } };
    return troubles(secretFiles, examined(t, await loadedFrom({ auth, ...sections }, path)));
  };
  t.deepEqual(await found(), []);
  await chmod(path, 0o644);
  t.deepEqual(await found(), [], 'a configuration without a secret is for everybody');
  const http = { secret: newSecret('http') };
  t.deepEqual(await found({ http }), [`warning: the configuration: ${path} has secrets, and every user can read it`]);
  await chmod(passwords, 0o666);
  t.deepEqual(await found(), [`failure: auth.htpasswd.path: ${passwords} can be written by every user`]);
});
