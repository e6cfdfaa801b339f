import {
  BLOBS,
  CHILD,
  REFUSED,
  REFUSED_HERE,
  type Sent,
  TAKEN,
  TAKEN_HERE,
} from '../../helpers/content/manifest-table.ts';
import { tempRoot } from '../../helpers/drivers/temp-root.ts';
import { testsOf } from '../clients/client-test.ts';
import { type Client, digestOf } from './client.ts';
import { serve } from './registries.ts';

const test = testsOf('docker-registry', { 'docker-registry': 'docker-registry' });

type Documents = Readonly<Record<string, Sent>>;

test('docker-registry answers the documents of the table as the table says', async (t) => {
  const validation = { manifests: { urls: { allow: ['^https?://'] } } };
  const registry = await serve(t, 'docker-registry', await tempRoot(t), { validation });
  for (const blob of BLOBS)
    await registry.finish(await registry.begin('app'), digestOf(Buffer.from(blob)), Buffer.from(blob));
  t.is(await put(registry, CHILD), 201);
  const all = (groups: Readonly<Record<string, Documents>>): Documents =>
    Object.assign({}, ...Object.values(groups)) as Documents;
  for (const [what, sent] of Object.entries({ ...TAKEN, ...all(REFUSED_HERE) }))
    t.is(await put(registry, sent), 201, what);
  for (const [what, sent] of Object.entries({ ...REFUSED, ...all(TAKEN_HERE) })) {
    // It answers 500 to some of them.
    t.true((await put(registry, sent)) >= 400, what);
  }
});

async function put(registry: Client, { type, body }: Sent): Promise<number> {
  const response = await fetch(`${registry.url}/v2/app/manifests/${digestOf(body)}`, {
    method: 'PUT',
    headers: { 'content-type': type },
    body: new Uint8Array(body),
  });
  await response.arrayBuffer();
  return response.status;
}
