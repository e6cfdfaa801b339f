import test from 'ava';
import { digestOf, OCI_MANIFEST, withRegistry } from '../../../helpers/http/with-registry.ts';
import { manifestOf } from './image.ts';
import { Ledger } from './ledger.ts';
import { lostOf } from './verify.ts';

const LAYER = Buffer.from('layer');

test('only content that is gone, has changed or stands under another tag counts as lost', async (t) => {
  const registry = await withRegistry(t);
  for (const bytes of [Buffer.from('{}'), LAYER]) await registry.pushBlob('app', bytes);
  const ledger = new Ledger();
  const put = async (tag: string, annotated: string): Promise<string> => {
    const bytes = manifestOf([LAYER], { repository: 'app', tag: annotated });
    await registry.putManifest('app', tag, { body: bytes, type: OCI_MANIFEST });
    ledger.manifests.push({ repository: 'app', digest: digestOf(bytes), bytes });
    ledger.tag('app', tag);
    return digestOf(bytes);
  };
  const kept = await put('kept', 'kept');
  ledger.blob('app', digestOf(LAYER));
  t.deepEqual(await lostOf(ledger, registry), []);

  const swapped = await put('swapped', 'another');
  const gone = await put('gone', 'gone');
  await registry.ask('DELETE', `/v2/app/manifests/${gone}`);
  await registry.ask('DELETE', `/v2/app/blobs/${digestOf(LAYER)}`);

  const lost = await lostOf(ledger, registry);
  t.deepEqual(lost, [
    `/v2/app/manifests/${gone}: 404`,
    `app@${digestOf(LAYER)}: 404`,
    '/v2/app/manifests/swapped: is the manifest of {"repository":"app","tag":"another"}',
    '/v2/app/manifests/gone: 404',
  ]);
  t.false(lost.some((line) => line.includes(kept) || line.includes(swapped)));
});
