import test from 'ava';
import { MINIMAL, problemsOf } from './loading.ts';

for (const [text, problem] of [
  ['delete: {enabled: true}', 'delete: unknown key here, its place is storage.delete'],
  ['maintenance: {readonly: {enabled: true}}', 'maintenance: unknown key here, its place is storage.maintenance'],
  ['readonly: true', undefined],
  ['htpasswd: {realm: r, path: p}', 'htpasswd: unknown key here, its place is auth.htpasswd'],
  ['filesystem: {rootdirectory: /data}', 'filesystem: unknown key here, its place is storage.filesystem'],
  ['http: {auth: {htpasswd: {}}}', 'http.auth: unknown key here, its place is auth'],
  ['secret: x', 'secret: unknown key here, its place is http.secret'],
  ['remoteurl: https://a.example', 'remoteurl: unknown key here, its place is proxy.remoteurl'],
  ['http: {uploadpurging: {}}', 'http.uploadpurging: unknown key here, its place is storage.maintenance.uploadpurging'],
  ['clientcas: [a]', undefined],
] as const) {
  test(`${text} at a wrong place is refused${problem === undefined ? '' : ', and its place is named'}`, async (t) => {
    const found = await problemsOf(`${MINIMAL}${text}\n`);
    t.is(found.length, 1);
    if (problem !== undefined) t.is(found[0], `config.yml:3: ${problem}`);
  });
}

test('sections that belong beside the driver are refused among its options', async (t) => {
  t.deepEqual(
    await problemsOf(
      'version: 0.1\nstorage:\n  filesystem:\n    rootdirectory: /data\n    delete: {enabled: true}\n    maintenance: {readonly: {enabled: true}}\n',
    ),
    [
      'config.yml:5: storage.filesystem.delete: is no option of the driver, its place is storage.delete',
      'config.yml:6: storage.filesystem.maintenance: is no option of the driver, its place is storage.maintenance',
    ],
  );
});
