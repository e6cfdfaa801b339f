import { execFileSync } from 'node:child_process';
import { appendFileSync, existsSync, mkdirSync, readFileSync, renameSync, rmSync, unlinkSync } from 'node:fs';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import type { Logger } from '../../../../core/ports/logger.ts';
import { AuditFile } from '../../../../server/audit/audit-file.ts';
import { AuditMetrics } from '../../../../server/metrics/audit-metrics.ts';
import { mountSmallDisk } from '../../../helpers/drivers/small-disk.ts';
import { tempRoot } from '../../../helpers/drivers/temp-root.ts';
import { until } from '../../../helpers/running/until.ts';

interface Opened {
  readonly file: AuditFile;
  readonly path: string;
  readonly messages: string[];
  /** How many records were written and lost. */
  readonly counted: () => readonly number[];
  readonly text: () => string;
}

async function opened(t: ExecutionContext, folder?: string): Promise<Opened> {
  const path = join(folder ?? (await tempRoot(t)), 'audit.log');
  const messages: string[] = [];
  const note: Logger['info'] = (_, message) => void messages.push(message);
  const metrics = new AuditMetrics();
  const file = new AuditFile(path, { log: { debug: note, info: note, warn: note, error: note }, metrics });
  t.teardown(() => file[Symbol.dispose]());
  const counted = (): readonly number[] => metrics.families()[0]?.series.flatMap(({ values }) => values) ?? [];
  return { file, path, messages, counted, text: () => readFileSync(path, 'utf8') };
}

const CANNOT = 'the audit log cannot be written; records wait in memory until it can';

test('lines are appended to what is there, and the file is for its owner and group', async (t) => {
  const folder = await tempRoot(t);
  appendFileSync(join(folder, 'audit.log'), 'before\n');
  const { file, text, counted } = await opened(t, folder);
  file.write(['one\n', 'two\n']);
  t.is(text(), 'before\none\ntwo\n');
  t.deepEqual(counted(), [2, 0]);
  const other = await opened(t);
  t.is(execFileSync('stat', ['-c', '%a', other.path], { encoding: 'utf8' }).trim(), '640');
});

test('after a rename and reopen, lines go to a new file of the old name; the renamed one gets no more', async (t) => {
  const { file, path, text } = await opened(t);
  file.write(['one\n']);
  renameSync(path, `${path}.1`);
  file.write(['two\n']);
  file.reopen();
  file.write(['three\n']);
  t.is(readFileSync(`${path}.1`, 'utf8'), 'one\ntwo\n');
  t.is(text(), 'three\n');
});

test('a file that was removed is made again with the next line, without a signal', async (t) => {
  const { file, path, text } = await opened(t);
  file.write(['one\n']);
  unlinkSync(path);
  file.write(['two\n']);
  t.is(text(), 'two\n');
});

test('a file that was renamed is noticed without a signal, after a moment in which its successor may be made', async (t) => {
  const { file, path } = await opened(t);
  renameSync(path, `${path}.1`);
  file.write(['one\n']);
  t.false(existsSync(path));
  await until('the file is made again', () => {
    file.write(['more\n']);
    return existsSync(path);
  });
  t.regex(readFileSync(`${path}.1`, 'utf8'), /^one\n(?:more\n)*$/);
});

test('if reopening fails, the open file stays in use, and the log says so', async (t) => {
  const { file, path, messages } = await opened(t);
  renameSync(path, `${path}.1`);
  mkdirSync(path);
  file.reopen();
  file.write(['one\n']);
  t.is(readFileSync(`${path}.1`, 'utf8'), 'one\n');
  t.deepEqual(messages.slice(0, 1), ['the audit log could not be opened again']);
});

test('while its folder is missing, lines wait, and all of them are written when it is back', async (t) => {
  const folder = join(await tempRoot(t), 'logs');
  mkdirSync(folder);
  const { file, text, messages } = await opened(t, folder);
  rmSync(folder, { recursive: true });
  file.write(['one\n']);
  file.write(['two\n']);
  t.false(file.isReady());
  mkdirSync(folder);
  file.write(['three\n']);
  t.is(text(), 'one\ntwo\nthree\n');
  t.true(file.isReady());
  t.deepEqual(messages, [CANNOT, 'the audit log is written again']);
});

test('on a full disk, lines wait and are written once there is room: none is lost, and a torn one is repeated whole', async (t) => {
  const folder = await tempRoot(t);
  const disk = mountSmallDisk(t, folder, '64k');
  if (disk === undefined) return;
  const { file, text, messages, counted } = await opened(t, folder);
  const lines = Array.from({ length: 100 }, (_, index) => `{"line":${index},"text":"${'x'.repeat(1000)}"}\n`);
  for (const line of lines) file.write([line]);
  t.deepEqual(messages, [CANNOT]);
  t.false(file.isReady());
  disk.remount('size=8m');
  await until('it is written by itself', () => messages.length > 1);
  const written = new Set(text().split('\n'));
  for (const line of lines) t.true(written.has(line.trimEnd()));
  t.deepEqual(messages, [CANNOT, 'the audit log is written again']);
  t.deepEqual(counted(), [100, 0]);
  t.true(file.isReady());
});

test('less than a megabyte of room is not enough for changes, and is logged once', async (t) => {
  const folder = await tempRoot(t);
  const disk = mountSmallDisk(t, folder, '512k');
  if (disk === undefined) return;
  const { file, messages } = await opened(t, folder);
  t.false(file.isReady());
  t.false(file.isReady());
  t.deepEqual(messages, ['the audit log has no room, so nothing may change: log.audit.required is set']);
  disk.remount('size=8m');
  t.true(file.isReady());
});

test('what does not fit into the memory for waiting lines is lost, counted and logged', async (t) => {
  const folder = join(await tempRoot(t), 'logs');
  mkdirSync(folder);
  const { file, text, messages, counted } = await opened(t, folder);
  rmSync(folder, { recursive: true });
  const line = `${'x'.repeat(1023)}\n`;
  for (let index = 0; index < 1100; index++) file.write([line]);
  mkdirSync(folder);
  file.write([]);
  t.is(text().length, 1024 * 1024);
  t.deepEqual(counted(), [1024, 76]);
  t.deepEqual(messages, [
    CANNOT,
    'audit records are lost: too many of them wait to be written',
    'the audit log is written again',
  ]);
});

test('lines of several processes never mix', async (t) => {
  const { file, path, text } = await opened(t);
  const other = await opened(t, join(path, '..'));
  for (let index = 0; index < 500; index++) {
    file.write([`${'a'.repeat(3000)}\n`]);
    other.file.write([`${'b'.repeat(3000)}\n`]);
  }
  const lines = text().trimEnd().split('\n');
  t.is(lines.length, 1000);
  t.true(lines.every((line) => /^(?:a{3000}|b{3000})$/.test(line)));
});
