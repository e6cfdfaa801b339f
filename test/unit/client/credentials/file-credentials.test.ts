import { chmod, mkdir, mkdtemp, readFile, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { FileCredentials } from '../../../../client/credentials/file-credentials.ts';

const HUB = 'https://index.docker.io/v1/';

interface Home {
  readonly folder: string;
  readonly docker: string;
  readonly credentials: FileCredentials;
  readonly write: (path: string, content: unknown) => Promise<void>;
  /** Puts a helper program on the PATH. */
  readonly install: (name: string, script: string) => Promise<void>;
}

async function home(t: ExecutionContext, env: Readonly<Record<string, string>> = {}): Promise<Home> {
  const folder = await mkdtemp(join(tmpdir(), 'stowage-credentials-'));
  t.teardown(() => rm(folder, { recursive: true }));
  const options = { HOME: folder, PATH: `${folder}:/bin:/usr/bin`, XDG_RUNTIME_DIR: join(folder, 'run'), ...env };
  return {
    folder,
    docker: join(folder, '.docker/config.json'),
    credentials: new FileCredentials({ env: options }),
    write: async (path, content) => {
      await mkdir(dirname(join(folder, path)), { recursive: true });
      await writeFile(join(folder, path), typeof content === 'string' ? content : JSON.stringify(content));
    },
    install: async (name, script) => {
      const program = join(folder, `docker-credential-${name}`);
      await writeFile(program, `#!/bin/sh\n${script}\n`);
      await chmod(program, 0o755);
    },
  };
}

function auth(user: string, password: string): { readonly auth: string } {
  return { auth: Buffer.from(`${user}:${password}`).toString('base64') };
}

test('without any file there are no credentials', async (t) => {
  const { credentials } = await home(t);
  t.is(await credentials.find('registry.example.com'), undefined);
});

test('what docker login has stored is found, with the file and the key that it comes from', async (t) => {
  const { credentials, write, docker } = await home(t);
  await write('.docker/config.json', { auths: { 'localhost:5000': auth('ann', 'a:b:c') } });
  t.like(await credentials.find('localhost:5000'), {
    username: 'ann',
    password: 'a:b:c',
    origin: `${docker} (auths "localhost:5000")`,
  });
  t.is(await credentials.find('localhost:5001'), undefined);
});

for (const key of [HUB, 'docker.io', 'index.docker.io', 'registry-1.docker.io', 'https://docker.io']) {
  test(`an entry for ${key} is one for Docker Hub under each of its names`, async (t) => {
    const { credentials, write } = await home(t);
    await write('.docker/config.json', { auths: { [key]: auth('ann', 'x') } });
    for (const host of ['docker.io', 'index.docker.io', 'registry-1.docker.io'])
      t.is((await credentials.find(host))?.username, 'ann', host);
  });
}

for (const key of ['https://quay.io', 'https://quay.io/v1/', 'http://quay.io/v2/', 'quay.io/v1']) {
  test(`the key ${key} of old versions stands for its host`, async (t) => {
    const { credentials, write } = await home(t);
    await write('.docker/config.json', { auths: { [key]: auth('ann', 'x') } });
    t.is((await credentials.find('quay.io'))?.username, 'ann');
  });
}

test('a helper is asked without the default port when it has nothing with it', async (t) => {
  const { credentials, write, install } = await home(t);
  await install(
    'keys',
    `read -r key; [ "$key" = quay.io ] || { echo "credentials not found"; exit 1; }
     echo '{"ServerURL":"","Username":"ann","Secret":"x"}'`,
  );
  await write('.docker/config.json', { credsStore: 'keys' });
  t.is((await credentials.find('quay.io:443'))?.username, 'ann');
  t.is(await credentials.find('quay.io:5000'), undefined);
});

test('a file of podman can have credentials for a part of the path, of which the longest counts', async (t) => {
  const { credentials, write } = await home(t);
  await write('run/containers/auth.json', {
    auths: { 'quay.io': auth('all', 'x'), 'quay.io/team': auth('team', 'x'), 'quay.io/team/app': auth('app', 'x') },
  });
  const userOf = async (repository?: string) => (await credentials.find('quay.io', { repository }))?.username;
  t.is(await userOf('team/app'), 'app');
  t.is(await userOf('team/app/sub'), 'app');
  t.is(await userOf('team/application'), 'team');
  t.is(await userOf('teams/app'), 'all');
  t.is(await userOf(), 'all');
});

test('the file of docker comes before those of podman, and that of the session before that of the user', async (t) => {
  const { credentials, write } = await home(t);
  const userOf = async () => (await credentials.find('quay.io'))?.username;
  await write('.config/containers/auth.json', { auths: { 'quay.io': auth('user', 'x') } });
  t.is(await userOf(), 'user');
  await write('run/containers/auth.json', { auths: { 'quay.io': auth('session', 'x') } });
  t.is(await userOf(), 'session');
  await write('.docker/config.json', { auths: { 'quay.io': auth('docker', 'x') } });
  t.is(await userOf(), 'docker');
});

test('REGISTRY_AUTH_FILE is used instead of all others, and DOCKER_CONFIG instead of the folder of docker', async (t) => {
  const { folder, write } = await home(t);
  await write('.docker/config.json', { auths: { 'quay.io': auth('docker', 'x') } });
  await write('other/config.json', { auths: { 'quay.io': auth('other', 'x') } });
  const userOf = async (env: Readonly<Record<string, string>>) =>
    (await new FileCredentials({ env: { HOME: folder, ...env } }).find('quay.io'))?.username;
  t.is(await userOf({ REGISTRY_AUTH_FILE: join(folder, 'other/config.json') }), 'other');
  t.is(await userOf({ DOCKER_CONFIG: join(folder, 'other') }), 'other');
  t.is(await userOf({}), 'docker');
});

test('an identity token and a registry token are found', async (t) => {
  const { credentials, write } = await home(t);
  await write('.docker/config.json', {
    auths: {
      'a.example.com': { ...auth('ann', ''), identitytoken: 'IDENTITY' },
      'b.example.com': { registrytoken: 'REGISTRY' },
    },
  });
  t.like(await credentials.find('a.example.com'), { username: 'ann', password: '', identityToken: 'IDENTITY' });
  t.like(await credentials.find('b.example.com'), { username: '', registryToken: 'REGISTRY' });
});

test('a helper is asked for what docker stores with it, and its name stands in the origin', async (t) => {
  const { credentials, write, install, docker } = await home(t);
  await install(
    'keys',
    'read -r key; echo "{\\"ServerURL\\":\\"$key\\",\\"Username\\":\\"of $key\\",\\"Secret\\":\\"s\\"}"',
  );
  await write('.docker/config.json', { auths: { [HUB]: {} }, credHelpers: { 'quay.io': 'keys' }, credsStore: 'keys' });
  t.like(await credentials.find('docker.io'), {
    username: `of ${HUB}`,
    origin: `docker-credential-keys, named by ${docker} (credsStore)`,
  });
  t.like(await credentials.find('quay.io'), {
    username: 'of quay.io',
    origin: `docker-credential-keys, named by ${docker} (credHelpers "quay.io")`,
  });
});

test('a secret of the user <token> is an identity token', async (t) => {
  const { credentials, write, install } = await home(t);
  await install('keys', `echo '{"ServerURL":"","Username":"<token>","Secret":"IDENTITY"}'`);
  await write('.docker/config.json', { credsStore: 'keys' });
  t.like(await credentials.find('quay.io'), { username: '', password: '', identityToken: 'IDENTITY' });
});

test('where a helper has none, those of the file and of the next file count', async (t) => {
  const { credentials, write, install } = await home(t);
  await install('keys', 'echo "credentials not found in native keychain"; exit 1');
  await write('.docker/config.json', { credsStore: 'keys', auths: { 'quay.io': auth('file', 'x') } });
  await write('run/containers/auth.json', { auths: { 'ghcr.io': auth('next', 'x') } });
  t.is((await credentials.find('quay.io'))?.username, 'file');
  t.is((await credentials.find('ghcr.io'))?.username, 'next');
});

const BROKEN_HELPERS: ReadonlyArray<readonly [title: string, script: string | undefined, message: RegExp]> = [
  ['is not installed', undefined, /docker-credential-keys, named by .*config\.json \(credsStore\): is not installed/],
  [
    'fails',
    'echo "the keychain is locked"; exit 1',
    /failed to find credentials for quay\.io \(exit code 1\); to see why, run: echo quay\.io \| docker-credential-keys get$/,
  ],
  ['writes something else', 'echo "SECRET{"', /did not print credentials as JSON$/],
  [
    'writes without end',
    'while :; do echo SECRETSECRETSECRETSECRETSECRETSECRETSECRET; done',
    /exit code null|wrote something/,
  ],
];

for (const [title, script, message] of BROKEN_HELPERS) {
  test(`a helper that ${title} is an error that names it and shows no secret`, async (t) => {
    const { credentials, write, install } = await home(t);
    if (script !== undefined) await install('keys', script);
    await write('.docker/config.json', { credsStore: 'keys' });
    const error = await t.throwsAsync(credentials.find('quay.io'), { name: 'CredentialsError', message });
    t.notRegex(String(error.message), /SECRET/);
  });
}

test('a helper that does not answer ends with the signal of the request', async (t) => {
  const { credentials, write, install } = await home(t);
  await install('keys', 'exec sleep 600');
  await write('.docker/config.json', { credsStore: 'keys' });
  const stopping = new AbortController();
  const finding = credentials.find('quay.io', { signal: stopping.signal });
  stopping.abort(new Error('enough'));
  await t.throwsAsync(finding, { message: 'enough' });
});

test('a helper cannot be a path', async (t) => {
  const { credentials, write } = await home(t);
  await write('.docker/config.json', { credsStore: '../../bin/sh' });
  await t.throwsAsync(credentials.find('quay.io'), {
    name: 'CredentialsError',
    message: /cannot be the name of a helper/,
  });
});

const BROKEN_FILES: ReadonlyArray<readonly [title: string, content: unknown, message: RegExp]> = [
  ['is no JSON', '{"auths": {"quay.io": {"auth": "U0VDUkVU', /config\.json: is not valid JSON/],
  ['is a list', '[]', /is not a JSON object/],
  ['has a list of entries', { auths: ['SECRET'] }, /auths is not an object/],
  ['has an entry that is a text', { auths: { 'quay.io': 'SECRET' } }, /\(auths "quay\.io"\): is not an object/],
  [
    'has an entry without a colon',
    { auths: { 'quay.io': { auth: 'U0VDUkVU' } } },
    /is not the base64 form of user:password/,
  ],
];

for (const [title, content, message] of BROKEN_FILES) {
  test(`a file that ${title} is an error that names it and quotes nothing of it`, async (t) => {
    const { credentials, write } = await home(t);
    await write('.docker/config.json', content);
    const error = await t.throwsAsync(credentials.find('quay.io'), { name: 'CredentialsError', message });
    t.notRegex(String(error.message), /SECRET|U0VDUkVU/);
    t.is(error.cause, undefined);
  });
}

test('an empty file has no credentials', async (t) => {
  const { credentials, write } = await home(t);
  await write('.docker/config.json', '');
  t.is(await credentials.find('quay.io'), undefined);
});

test('a login makes the file for its owner only, as docker reads it', async (t) => {
  const { credentials, docker } = await home(t);
  t.is(await credentials.store('docker.io', { username: 'ann', password: 'p:w' }), `${docker} (auths "${HUB}")`);
  t.deepEqual(JSON.parse(await readFile(docker, 'utf8')), { auths: { [HUB]: auth('ann', 'p:w') } });
  t.is((await stat(docker)).mode & 0o777, 0o600);
  t.like(await credentials.find('docker.io'), { username: 'ann', password: 'p:w' });
});

test('a login keeps everything else of the file, and a link that leads to it', async (t) => {
  const { credentials, write, folder, docker } = await home(t);
  await write('dotfiles/docker.json', { detachKeys: 'ctrl-q', auths: { 'quay.io': auth('bob', 'x') }, proxies: {} });
  await mkdir(dirname(docker));
  await symlink(join(folder, 'dotfiles/docker.json'), docker);
  await credentials.store('ghcr.io', { username: 'ann', password: 'x' });
  t.deepEqual(JSON.parse(await readFile(join(folder, 'dotfiles/docker.json'), 'utf8')), {
    detachKeys: 'ctrl-q',
    auths: { 'quay.io': auth('bob', 'x'), 'ghcr.io': auth('ann', 'x') },
    proxies: {},
  });
  t.is((await credentials.find('quay.io'))?.username, 'bob');
});

test('a login where a helper is named stores with the helper, and no secret in the file', async (t) => {
  const { credentials, write, install, folder, docker } = await home(t);
  await install('keys', `echo "$1 $(cat)" >> ${folder}/calls`);
  await write('.docker/config.json', { credsStore: 'keys' });
  t.regex(await credentials.store('quay.io', { username: 'ann', password: 'x' }), /^docker-credential-keys, named by/);
  t.is(await readFile(join(folder, 'calls'), 'utf8'), 'store {"ServerURL":"quay.io","Username":"ann","Secret":"x"}\n');
  t.deepEqual(JSON.parse(await readFile(docker, 'utf8')), { credsStore: 'keys', auths: { 'quay.io': {} } });
});

test('a logout forgets every entry of the host in the first file, and tells whether there was one', async (t) => {
  const { credentials, write, docker } = await home(t);
  await write('.docker/config.json', {
    auths: { 'quay.io': auth('a', 'x'), 'https://quay.io/v1/': auth('b', 'x'), 'ghcr.io': auth('c', 'x') },
  });
  t.true(await credentials.erase('quay.io'));
  t.false(await credentials.erase('quay.io'));
  t.deepEqual(JSON.parse(await readFile(docker, 'utf8')), { auths: { 'ghcr.io': auth('c', 'x') } });
});

test('a logout where a helper is named erases there', async (t) => {
  const { credentials, write, install, folder } = await home(t);
  const answer = '{"ServerURL":"","Username":"ann","Secret":"x"}';
  await install('keys', `cat > /dev/null; echo "$1" >> ${folder}/calls; [ "$1" != get ] || echo '${answer}'`);
  await write('.docker/config.json', { credsStore: 'keys', auths: { 'quay.io': {} } });
  t.true(await credentials.erase('quay.io'));
  t.is(await readFile(join(folder, 'calls'), 'utf8'), 'get\nerase\n');
});

test('a file that cannot be written is an error that names it, and leaves nothing behind', async (t) => {
  const { folder, write } = await home(t);
  await write('blocked', '');
  const credentials = new FileCredentials({ env: {}, file: join(folder, 'blocked/auth.json') });
  await t.throwsAsync(credentials.store('quay.io', { username: 'a', password: 'b' }), {
    name: 'CredentialsError',
    message: /blocked\/auth\.json: cannot be written: /,
  });
});
