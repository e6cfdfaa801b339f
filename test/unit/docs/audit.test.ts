import { execFileSync } from 'node:child_process';
import { chmod, readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import test from 'ava';
import { CHANGING_ACTIONS, READING_ACTIONS } from '../../../core/ports/audit-record.ts';
import { auditLine } from '../../../server/audit/audit-line.ts';
import { auditLines } from '../../helpers/http/audited-registry.ts';
import { digestOf } from '../../helpers/http/with-registry.ts';
import { WorkerConnection, withWorkers } from '../../helpers/http/with-workers.ts';
import { until } from '../../helpers/running/until.ts';

const page = await readFile('docs/operations/audit.md', 'utf8');

test('the page explains every event, and every field that a line can have', (t) => {
  for (const event of [...CHANGING_ACTIONS, ...READING_ACTIONS, 'refused', 'challenge', 'changes', 'all']) {
    t.regex(page, new RegExp(`^\\| [^|]*\`${event}\`[^|]* \\|`, 'm'), event);
  }
  const text = 'x' as never;
  const names = ['user', 'groups', 'address', 'certificate', 'repository', 'tag', 'digest', 'replaced', 'rule'];
  const others = ['fromRepository', 'upload', 'tokenId', 'error', 'reason', 'request'];
  const line = auditLine({
    ...{ at: new Date(), instance: text, requestId: text, action: 'push', outcome: 'failed', status: 400 },
    ...Object.fromEntries([...names, ...others].map((name) => [name, name === 'groups' ? [text] : text])),
  });
  for (const name of Object.keys(JSON.parse(line) as object)) {
    t.regex(page, new RegExp(`^\\| [^|]*\`${name}\`[^|]* \\|`, 'm'), name);
  }
});

test('the line that the page shows has only fields of a line, in their order', (t) => {
  const [, shown = ''] = /^```text\n(\{.*)\n```$/m.exec(page) ?? [];
  const { time, ...record } = JSON.parse(shown) as { time: string };
  t.is(auditLine({ at: new Date(time), ...record } as never), `${shown}\n`);
});

test('the rotation of the page loses no record: its script runs after a rename, as logrotate would run it', async (t) => {
  const [, script = ''] = /postrotate\n([^]*?)endscript/.exec(page) ?? [];
  t.is(script.trim(), 'systemctl reload stowage');
  t.false(/^\s*copytruncate/m.test(page));
  const running = await withWorkers(t, {}, { log: { audit: { file: 'audit.log' } } });
  // What `ExecReload` of the unit in nginx.md does.
  const unit = await readFile('docs/quick-starts/nginx.md', 'utf8');
  t.regex(unit, /^ExecReload=\/bin\/kill -HUP \$MAINPID$/m);
  const systemctl = join(running.folder, 'systemctl');
  await writeFile(systemctl, `#!/bin/sh\n[ "$*" = "reload stowage" ] && exec /bin/kill -HUP ${running.pid}\n`);
  await chmod(systemctl, 0o755);
  const file = join(running.folder, 'audit.log');
  const [connection] = await WorkerConnection.pair(t, running);
  const push = (body: string): Promise<unknown> =>
    connection.ask('POST', `/v2/a/blobs/uploads/?digest=${digestOf(body)}`, { body });
  await push('before');
  await rename(file, `${file}.1`);
  await writeFile(file, '', { mode: 0o640 });
  execFileSync('/bin/sh', ['-c', script], { env: { PATH: `${running.folder}:${process.env['PATH']}` } });
  let pushed = 1;
  await until('the new file has records', async () => {
    await push(`after ${pushed++}`);
    return (await auditLines(file)).length > 0;
  });
  running.signal('SIGTERM');
  await running.finished;
  const lines = [...(await auditLines(`${file}.1`)), ...(await auditLines(file))];
  t.is(lines.length, pushed);
});
