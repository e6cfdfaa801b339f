import test from 'ava';
import { CHANGING_ACTIONS } from '../../../../core/ports/audit-record.ts';
import { loadConfiguration } from '../../../../server/config/index.ts';

const load = (audit: string, env: Readonly<Record<string, string>> = {}) =>
  loadConfiguration({ path: 'config.yml', text: `version: 0.1\nstorage: inmemory\nlog:\n  audit: ${audit}\n`, env });

test('"changes" and "all" stand for several events, and single ones may be added', async (t) => {
  const eventsOf = async (events: string): Promise<readonly string[]> =>
    (await load(`{file: a.log, events: ${events}}`)).configuration.log.audit.events;
  t.deepEqual(await eventsOf('[pull, refused, pull]'), ['pull', 'refused']);
  const changes = await eventsOf('[changes]');
  t.true(changes.includes('overwrite') && changes.includes('token-revoked') && !changes.includes('pull'));
  t.deepEqual(await eventsOf('[changes, pull]'), [...changes, 'pull']);
  const all = await eventsOf('[all]');
  for (const event of ['challenge', 'login', 'list', 'pull', 'refused', 'token-issued']) t.true(all.includes(event));
});

test('without the section, nothing is written, and event sinks get changes and refusals', async (t) => {
  const { audit } = (await load('')).configuration.log;
  t.deepEqual(audit, { events: [...CHANGING_ACTIONS, 'refused'], required: false });
});

const BROKEN: readonly [string, RegExp][] = [
  ['{events: []}', /config\.yml:4: log\.audit\.events: is empty, so nothing would be recorded; name events/],
  ['{file: ""}', /config\.yml:4: log\.audit\.file: must not be empty/],
  ['{file: }', /config\.yml:4: log\.audit\.file: has no value; give it one, or remove the key/],
  ['{file: a.log, events: [pul]}', /unknown value "pul", expected one of changes, .*did you mean "?pull/],
  ['{file: a.log, events: pull}', /config\.yml:4: log\.audit\.events: expected a list/],
  ['{required: true}', /config\.yml:4: log\.audit\.required: needs log\.audit\.file: without it nothing is written/],
  ['{file: a.log, required: perhaps}', /config\.yml:4: log\.audit\.required: expected true or false/],
  ['{target: a.log}', /config\.yml:4: log\.audit\.target: unknown key; known here: file, events, required/],
];

for (const [audit, message] of BROKEN) {
  test(`log.audit: ${audit} starts nothing, and the message says why`, async (t) => {
    await t.throwsAsync(load(audit), { message });
  });
}

test('a variable may name another file, and cannot take the audit log away', async (t) => {
  const { configuration } = await load('{file: a.log}', { REGISTRY_LOG_AUDIT_FILE: 'b.log' });
  t.is(configuration.log.audit.file, 'b.log');
  await t.throwsAsync(load('{file: a.log}', { REGISTRY_LOG_AUDIT_FILE: '' }), { message: /log\.audit\.file/ });
});
