import { access } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { instances } from '../../../cli/doctor/checks/instances.ts';
import { fileName } from '../../../core/storage/instance-store.ts';
import { PathMapper } from '../../../core/storage/paths/path-mapper.ts';
import { FilesystemDriver } from '../../../drivers/filesystem/filesystem-driver.ts';
import { withRegistry } from '../../helpers/http/with-registry.ts';
import { RedisServer } from '../../helpers/processes/redis-server.ts';
import { testsWithRedis } from '../../helpers/processes/redis-test.ts';
import { examined, loadedFrom, troubles } from '../../helpers/running/examined.ts';
import { until } from '../../helpers/running/until.ts';
import { newSecret } from '../../helpers/secrets/known-secrets.ts';

const test = testsWithRedis('secrets of several instances');

test('a registry with Redis tells the others which secrets it has until it stops, and doctor finds that they differ', async (t) => {
  const server = await RedisServer.start(t);
  const secret = newSecret('http');
  const others = { redis: { addrs: [`127.0.0.1:${server.port}`] } };
  const registry = await withRegistry(t, { storage: { filesystem: {} }, http: { secret }, others });
  const name = `${hostname()}:0`;
  const record = join(registry.root, new PathMapper().doctor.instance(fileName(name)));
  await until('the record is there', async () =>
    access(record).then(
      () => true,
      () => false,
    ),
  );
  const driver = await FilesystemDriver.open({ rootFolder: registry.root, maxCalls: 25, warn: () => undefined });
  t.teardown(() => driver[Symbol.asyncDispose]());
  const found = async (own: string) =>
    troubles(instances, examined(t, await loadedFrom({ http: { secret: own } }), driver));
  t.deepEqual(await found(secret), []);
  t.regex((await found(newSecret('http'))).join('\n'), /^failure: \S+:0 has another http\.secret \(seen at /);
  await registry.stop();
  await t.throwsAsync(access(record), { code: 'ENOENT' });
});
