import { closeSync, openSync } from 'node:fs';
import { Agent, get } from 'node:http';
import { devNull } from 'node:os';
import { text } from 'node:stream/consumers';
import { loadConfiguration } from '../../../../server/config/index.ts';
import { startRegistry } from '../../../../server/main.ts';

// Run with a low limit of open files: writes what /readyz says before, while and after no file can be opened.
const configuration = {
  version: 0.1,
  log: { level: 'error' },
  storage: 'inmemory',
  http: { addr: '127.0.0.1:0', secret: 'for tests only' },
};
const loaded = await loadConfiguration({ path: '/config.yml', text: JSON.stringify(configuration), env: {} });
const registry = await startRegistry(loaded);
const agent = new Agent({ keepAlive: true, maxSockets: 1 });

function readiness(): Promise<string> {
  return new Promise((resolve, reject) => {
    get(`${registry.address}/readyz`, { agent }, (answer) => {
      resolve(text(answer).then((body) => `${answer.statusCode} ${body}\n`));
    }).on('error', reject);
  });
}

function takeAll(): number[] {
  const taken: number[] = [];
  for (;;) {
    try {
      taken.push(openSync(devNull, 'r'));
    } catch {
      return taken;
    }
  }
}

process.stdout.write(await readiness());
const taken = takeAll();
const told = await readiness();
for (const handle of taken) closeSync(handle);
process.stdout.write(told);
process.stdout.write(await readiness());
agent.destroy();
await registry.stop();
