import { once } from 'node:events';
import { startHost } from './start-host.ts';

await using host = await startHost('registry-data', 8080);
process.stdout.write(`Listening on ${host.url}\n`);
await Promise.race([once(process, 'SIGINT'), once(process, 'SIGTERM')]);
