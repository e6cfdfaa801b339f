import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import cache from '../../../../plugins/wrappers/cache/index.ts';
import { wrapperSuite } from './wrapper-suite.ts';

wrapperSuite(cache, async () => {
  const folder = await mkdtemp(join(tmpdir(), 'stowage-cache-'));
  return { options: { folder, maxsize: '64MiB' }, release: () => rm(folder, { recursive: true, force: true }) };
});
