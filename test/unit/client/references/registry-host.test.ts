import test from 'ava';
import { apiHost, hostSpellings, isSameRegistry, referenceHost } from '../../../../client/references/registry-host.ts';

test('the API of Docker Hub is reached under another name than references have', (t) => {
  for (const host of ['docker.io', 'Index.Docker.io', 'registry-1.docker.io', 'docker.io:443'])
    t.is(apiHost(host), 'registry-1.docker.io', host);
  t.is(referenceHost('registry-1.docker.io'), 'docker.io');
  t.is(apiHost('Quay.IO:5000'), 'quay.io:5000');
  t.throws(() => apiHost('a/b'), { instanceOf: TypeError });
});

test('a host is the same with its default port, and with capitals', (t) => {
  t.deepEqual(hostSpellings('Quay.io:443'), ['quay.io:443', 'quay.io']);
  t.deepEqual(hostSpellings('[::1]'), ['[::1]', '[::1]:443', '[::1]:80']);
  t.deepEqual(hostSpellings('[::1]:5000'), ['[::1]:5000']);
  t.true(isSameRegistry('quay.io', 'QUAY.io:443'));
  t.true(isSameRegistry('docker.io', 'registry-1.docker.io'));
  t.false(isSameRegistry('quay.io', 'quay.io:5000'));
  t.false(isSameRegistry('store:/A/', 'store:/a/'));
});
