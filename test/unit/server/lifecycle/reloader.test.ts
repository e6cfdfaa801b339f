import { writeFileSync } from 'node:fs';
import { mkdir, rename, rm, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { type Configuration, type Environment, loadConfiguration } from '../../../../server/config/index.ts';
import { FileWatch } from '../../../../server/lifecycle/file-watch.ts';
import { readReloadableSettings, withReloadableSettings } from '../../../../server/lifecycle/reloadable-settings.ts';
import { Reloader } from '../../../../server/lifecycle/reloader.ts';
import { tempRoot } from '../../../helpers/drivers/temp-root.ts';

const FIRST = 'version: 0.1\nstorage: {filesystem: {rootdirectory: /a}}\nhttp: {secret: HIDDEN}\n';

/** The applied settings that a test checks. */
interface TakenOver {
  readonly logLevel: string;
  readonly readOnly: boolean;
  readonly secrets: readonly string[];
}

function takenOver({ log, storage, http }: Configuration): TakenOver {
  return { logLevel: log.level, readOnly: storage.readOnly, secrets: http.secrets };
}

interface Reloaded {
  readonly reloader: Reloader;
  /** The applied settings, one by one. */
  readonly applied: TakenOver[];
  /** The lines of the log at their levels. */
  readonly lines: string[];
}

async function startReloader(
  file: string,
  { env = {}, apply }: { env?: Environment; apply?: () => Promise<void> } = {},
): Promise<Reloaded> {
  const start = await loadConfiguration({ path: file, env });
  const lines: string[] = [];
  const applied: TakenOver[] = [];
  const at = (level: string) => (fields: object, message: string) =>
    void lines.push(`${level} ${message} ${JSON.stringify(fields)}`);
  const log = { debug: at('debug'), info: at('info'), warn: at('warn'), error: at('error') };
  const reloader = new Reloader({
    start,
    env,
    log,
    reloadable: await readReloadableSettings(start),
    retryMs: 1,
    apply: async (values) => {
      await apply?.();
      applied.push(takenOver(withReloadableSettings(start, values).configuration));
    },
  });
  return { reloader, applied, lines };
}

async function configFile(t: ExecutionContext, text = FIRST): Promise<string> {
  const file = join(await tempRoot(t), 'config.yml');
  await writeFile(file, text);
  return file;
}

test('a file without changes gives one line if a signal asked for the reload, and changes nothing', async (t) => {
  const file = await configFile(t);
  const { reloader, applied, lines } = await startReloader(file);
  await writeFile(file, `# a remark\n${FIRST}log: {level: info}\n`);
  await reloader.reload({ asked: true });
  await reloader.reload({ asked: false });
  t.deepEqual(applied, []);
  t.deepEqual(
    lines.map((line) => line.split(' ', 1)[0]),
    ['info', 'debug'],
  );
});

test('changes are logged key by key, without secrets', async (t) => {
  const file = await configFile(t);
  const { reloader, applied, lines } = await startReloader(file);
  const readonly = 'storage: {filesystem: {rootdirectory: /a}, maintenance: {readonly: {enabled: true}}}';
  await writeFile(file, `version: 0.1\n${readonly}\nhttp: {secret: HIDDEN2, secrets: [HIDDEN]}\nlog: {level: warn}\n`);
  await reloader.reload({ asked: true });
  t.deepEqual(applied, [{ logLevel: 'warn', readOnly: true, secrets: ['HIDDEN2', 'HIDDEN'] }]);
  t.deepEqual(lines, [
    'info log.level was changed {"key":"log.level","from":"info","to":"warn"}',
    'info storage.maintenance.readonly.enabled was changed {"key":"storage.maintenance.readonly.enabled","from":false,"to":true}',
    'info http.secret was changed {"key":"http.secret"}',
  ]);
});

test('keys that need a restart are named, and not applied', async (t) => {
  const file = await configFile(t);
  const { reloader, applied, lines } = await startReloader(file);
  await writeFile(
    file,
    'version: 0.1\nstorage: {filesystem: {rootdirectory: /b}}\nhttp: {addr: ":1"}\nlog: {level: debug}\nredis: {poolsize: 7}\n',
  );
  await reloader.reload({ asked: true });
  t.deepEqual(applied, [{ logLevel: 'debug', readOnly: false, secrets: ['HIDDEN'] }]);
  t.true(
    lines[1]?.startsWith(
      'warn takes effect after a restart: storage.filesystem.rootdirectory, http.addr, http.secret {',
    ),
    lines.join('\n'),
  );
  await writeFile(file, FIRST);
  await reloader.reload({ asked: true });
  t.is(applied.at(-1)?.logLevel, 'info');
  t.is(lines.length, 3);
});

test('a file with mistakes is refused as a whole, with every mistake reported, and the next valid one is applied', async (t) => {
  const file = await configFile(t);
  const { reloader, applied, lines } = await startReloader(file);
  for (const [text, problems] of [
    [`${FIRST}log: {level: loud}\nhtp: {}\n`, [/:4: log\.level: unknown value "loud"/, /:5: htp: unknown key/]],
    ['version: 0.1\nstorage: [', [/config\.yml:2: /]],
    ['', [/version/, /storage: no storage driver/]],
    [
      `${FIRST.trimEnd().slice(0, -1)}, tls: {certificate: none.pem, key: none.key}}\nlog: {level: debug}\n`,
      [/certificate: none\.pem cannot be read/, /key: none\.key cannot be read/],
    ],
  ] as const) {
    lines.length = 0;
    await writeFile(file, text);
    await reloader.reload({ asked: true });
    t.true(
      lines.every((line) => line.startsWith('error ')),
      lines.join('\n'),
    );
    for (const problem of problems) t.is(lines.filter((line) => problem.test(line)).length, 1, lines.join('\n'));
    t.regex(lines.at(-1) ?? '', /the previous one stays in effect/);
  }
  t.deepEqual(applied, []);
  await writeFile(file, `${FIRST}log: {level: debug}\n`);
  await reloader.reload({ asked: true });
  t.is(applied.length, 1);
});

test('a file that is incomplete for a moment is not reported', async (t) => {
  const file = await configFile(t);
  let reads = 0;
  const env = {
    get REGISTRY_LOG_FIELDS_A(): string {
      reads += 1;
      // Unnoticed by the first read of the reload.
      if (reads === 2) writeFileSync(file, `${FIRST}log: {level: debug}\n`);
      return 'a';
    },
  };
  const { reloader, applied, lines } = await startReloader(file, { env });
  await writeFile(file, 'version: 0.1\n');
  await reloader.reload({ asked: true });
  t.is(reads, 3);
  t.is(applied.length, 1);
  t.deepEqual(
    lines.map((line) => line.split(' ', 1)[0]),
    ['info'],
  );
});

test('a missing file is reported, and so is one that can be read only once', async (t) => {
  const file = await configFile(t);
  const { reloader, lines } = await startReloader(file);
  await rm(file);
  await reloader.reload({ asked: true });
  t.regex(lines.join('\n'), /no such file/);
  await mkdir(file);
  await reloader.reload({ asked: true });
  t.regex(lines.join('\n'), /is not a regular file, so it cannot be reloaded/);
});

test('variables still override the file', async (t) => {
  const file = await configFile(t);
  const { reloader, applied } = await startReloader(file, { env: { REGISTRY_LOG_LEVEL: 'error' } });
  await writeFile(file, `${FIRST}log: {level: debug}\n`);
  await reloader.reload({ asked: true });
  t.deepEqual(applied, []);
});

test('values that could not be applied are reported, and tried again with the next reload', async (t) => {
  const file = await configFile(t);
  let isBroken = true;
  const apply = async (): Promise<void> => {
    if (isBroken) throw new Error('the worker is gone');
  };
  const { reloader, applied, lines } = await startReloader(file, { apply });
  await writeFile(file, `${FIRST}log: {level: debug}\n`);
  await reloader.reload({ asked: true });
  t.regex(lines.join('\n'), /error .*the worker is gone/);
  isBroken = false;
  await reloader.reload({ asked: true });
  t.is(applied.length, 1);
});

test('the swap of a link anywhere in the path is a change, and so is new content; a check without either is not', async (t) => {
  const folder = await tempRoot(t);
  // As Kubernetes mounts a ConfigMap: config.yml → ..data/config.yml, ..data → ..1.
  for (const [version, text] of [
    ['..1', 'one'],
    ['..2', 'two'],
  ] as const) {
    await mkdir(join(folder, version));
    await writeFile(join(folder, version, 'config.yml'), text);
  }
  await symlink('..1', join(folder, '..data'));
  const file = join(folder, 'config.yml');
  await symlink('..data/config.yml', file);
  let changes = 0;
  let looks = 0;
  const waiting = new Set<() => void>();
  const until = async (isReached: () => boolean): Promise<void> => {
    while (!isReached()) await new Promise<void>((resolve) => waiting.add(resolve));
  };
  const wake = (): void => {
    for (const resolve of waiting) resolve();
    waiting.clear();
  };
  const watch = new FileWatch({
    intervalMs: 1,
    files: () => {
      looks += 1;
      wake();
      return [file];
    },
    changed: async () => {
      changes += 1;
      wake();
    },
  });
  t.teardown(() => watch[Symbol.asyncDispose]());
  await until(() => changes === 1);
  const seen = looks;
  await until(() => looks > seen + 3);
  t.is(changes, 1);
  await symlink('..2', join(folder, '..data_tmp'));
  await rename(join(folder, '..data_tmp'), join(folder, '..data'));
  await until(() => changes === 2);
  await writeFile(join(folder, '..2', 'config.yml'), 'two, longer');
  await until(() => changes > 2);
  await watch[Symbol.asyncDispose]();
  t.pass();
});
