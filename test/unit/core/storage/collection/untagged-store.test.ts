import test from 'ava';
import { parseDigest } from '../../../../../core/digest/digest.ts';
import { UntaggedStore } from '../../../../../core/storage/collection/untagged-store.ts';
import { MemoryDriver } from '../../../../../drivers/memory/memory-driver.ts';
import { name } from '../../../../helpers/content/registry-content.ts';
import { composeCore } from '../../../../helpers/core/core-parts.ts';

test('of more manifests than a record holds, those that have been untagged longest are kept', async (t) => {
  const store = composeCore(new MemoryDriver()).container.get(UntaggedStore);
  const numbered = (number: number) => parseDigest(`sha256:${number.toString(16).padStart(64, '0')}`);
  const times = new Map(
    Array.from({ length: 350_010 }, (_, number) => [numbered(number), 350_010_000 - number * 1000]),
  );
  await store.write(name('ci/app'), times);
  const kept = await store.read(name('ci/app'));
  t.is(kept.size, 350_000);
  t.false(kept.has(numbered(9)));
  t.is(kept.get(numbered(10)), 350_000_000);
});
