import { mkdir, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { join } from 'node:path';
import test from 'ava';
import { type ListenAddress, loadConfiguration } from '../../../../server/config/index.ts';
import { listen } from '../../../../server/http/listen.ts';
import { namingKey, whyNotListening } from '../../../../server/http/listen-error.ts';
import { tempRoot } from '../../../helpers/drivers/temp-root.ts';

function failing(code: string, address: ListenAddress): string {
  return whyNotListening(Object.assign(new Error('listen failed'), { code }), address);
}

test('each reason why an address cannot be used comes with what to do', (t) => {
  t.regex(failing('EADDRINUSE', { port: 5000 }), /^port 5000 is already in use; stop .*, or choose another port$/);
  t.regex(failing('EADDRINUSE', { host: '::1', port: 5000 }), /^\[::1\]:5000 is already in use/);
  t.regex(failing('EACCES', { port: 80 }), /^this process may not listen on port 80: .* CAP_NET_BIND_SERVICE$/);
  t.regex(
    failing('EADDRNOTAVAIL', { host: '192.0.2.1', port: 5 }),
    /^no interface .* 192\.0\.2\.1; .* :5 for all of them$/,
  );
  t.regex(failing('ENOTFOUND', { host: 'nowhere', port: 5 }), /^the name nowhere cannot be resolved; /);
  t.regex(
    failing('EACCES', { socket: '/run/a/s' }),
    /^cannot create the socket \/run\/a\/s: \/run\/a must be a folder/,
  );
  t.is(failing('EWEIRD', { port: 5 }), 'cannot listen on port 5: listen failed');
});

test('the message begins with the place of the key', async (t) => {
  const folder = await tempRoot(t);
  await mkdir(folder, { recursive: true });
  const socket = join(folder, 'socket');
  await writeFile(socket, '');
  const text = `version: 0.1\nstorage: inmemory\nhttp:\n  net: unix\n  addr: ${socket}\n`;
  const loaded = await loadConfiguration({ path: 'config.yml', text, env: {} });
  const { address } = loaded.configuration.http;
  await t.throwsAsync(namingKey(loaded, 'http.addr', listen(createServer(), address)), {
    name: 'ListenError',
    message: `config.yml:5: http.addr: ${socket} exists and is not a socket; remove it, or choose another path`,
  });
});
