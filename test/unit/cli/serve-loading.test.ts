import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import test, { type ExecutionContext } from 'ava';
import { tempRoot } from '../../helpers/drivers/temp-root.ts';
import { startNode } from '../../helpers/processes/run-process.ts';

/** Prints the URL of every file that is loaded; the primary process prints none of its workers. */
const HOOK = `data:text/javascript,${encodeURIComponent(`
  import cluster from 'node:cluster';
  import { registerHooks } from 'node:module';
  registerHooks({ load: (url, context, next) => {
    if (cluster.isPrimary && url.startsWith('file:')) console.log('loaded ' + url);
    return next(url, context);
  } });`)}`;

/** The files that a registry loads until it serves requests, with what is in each. */
async function loadedBy(t: ExecutionContext, workers: number): Promise<string[]> {
  const folder = await tempRoot(t);
  const file = join(folder, 'config.yml');
  const storage = { filesystem: { rootdirectory: join(folder, 'root') } };
  const http = { addr: '127.0.0.1:0', secret: 'x', workers };
  await writeFile(file, JSON.stringify({ version: 0.1, log: { level: 'info' }, storage, http }));
  const serving = startNode(['--import', HOOK, 'dist/bundle/bin.js', 'serve', file]);
  t.teardown(() => serving.signal('SIGKILL'));
  await serving.logged(/"msg":"ready"/);
  serving.signal('SIGTERM');
  const { stdout } = await serving.finished;
  const urls = Array.from(stdout.matchAll(/^loaded (.*)$/gm), ([, url = '']) => url);
  return Promise.all(urls.map((url) => readFile(fileURLToPath(url), 'latin1')));
}

function has(files: readonly string[], module: string): boolean {
  // The bundle names each module before its code.
  return files.some((text) => text.includes(`// ${module}`) || text.includes(`//#region ${module}`));
}

test('a registry reads a few files, and nothing that its configuration does not need', async (t) => {
  const files = await loadedBy(t, 1);
  t.true(files.length < 90, `${files.length} files`);
  for (const module of ['node_modules/@inversifyjs/container', 'node_modules/koa/', 'dist/drivers/filesystem']) {
    t.true(has(files, module), module);
  }
  const foreign = [
    'node_modules/ioredis',
    'node_modules/jose',
    'node_modules/pino-pretty',
    'dist/drivers/gcs',
    'dist/drivers/memory',
  ];
  const others = ['dist/testing', 'dist/server/workers', 'dist/plugins/auth/htpasswd', 'dist/plugins/wrappers'];
  for (const module of [...foreign, ...others]) t.false(has(files, module), module);
});

test('the primary process of workers loads neither the container, nor Koa, nor a driver', async (t) => {
  const files = await loadedBy(t, 2);
  t.true(has(files, 'dist/server/workers'));
  for (const module of [
    'node_modules/@inversifyjs/container',
    'node_modules/koa/',
    'dist/drivers/filesystem',
    'dist/server/routes',
  ]) {
    t.false(has(files, module), module);
  }
});
