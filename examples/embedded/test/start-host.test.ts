import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { startHost } from '../src/start-host.ts';

void test('the application keeps what is pushed to it over a restart, and still has its own pages', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'stowage-embedded-'));
  const layer = 'a layer';
  const digest = `sha256:${createHash('sha256').update(layer).digest('hex')}`;
  try {
    {
      await using host = await startHost(folder, 0);
      const begun = await fetch(`${host.url}/v2/my/image/blobs/uploads/`, { method: 'POST' });
      const upload = new URL(begun.headers.get('location') ?? '', host.url);
      upload.searchParams.set('digest', digest);
      const finished = await fetch(upload, { method: 'PUT', body: layer });
      assert.equal(finished.status, 201);
      assert.match(await (await fetch(`${host.url}/`)).text(), /Images are pushed to 127\.0\.0\.1/);
    }
    await using host = await startHost(folder, 0);
    const pulled = await fetch(`${host.url}/v2/my/image/blobs/${digest}`);
    assert.equal(await pulled.text(), layer);
  } finally {
    await rm(folder, { recursive: true });
  }
});
