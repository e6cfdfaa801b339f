import { assertBytes, at, bodyOf, chunked, content, readAll } from '../../../testing/driver-case.ts';
import { FaultyProxy } from '../../helpers/http/faulty-proxy.ts';
import { emulatorUrl, MOTO, newBucket, testsOn } from './emulators.ts';
import { proveDriver } from './prove-driver.ts';
import { openS3, PART_BYTES } from './s3-driver.ts';

// Equal parts, and no conditional writes: moto takes both, so that the driver is proved and not the store.
for (const store of ['r2', 'garage']) proveDriver(MOTO, { store, groups: ['streams', 'durability'] });

const test = testsOn(MOTO, 'stores');

test('where parts must be equal, all but the last are, whatever the client sends', async (t) => {
  const proxy = await FaultyProxy.start(t, await emulatorUrl(MOTO));
  const driver = await openS3(await newBucket(MOTO), proxy.url, { store: 'r2' });
  const bytes = content(3 * PART_BYTES + 77);
  const path = at('/up/data');
  const begun = await driver.openWriter(path, { append: false });
  await begun.append(chunked(bytes.subarray(0, PART_BYTES + 1000), 70_000));
  await begun[Symbol.asyncDispose]();
  await using writer = await driver.openWriter(path, { append: true });
  await writer.append(bodyOf(bytes.subarray(PART_BYTES + 1000)));
  await writer.commit();
  const sizes = proxy.seen.filter(({ url }) => url.includes('x-id=UploadPart&')).map(({ body }) => body.byteLength);
  t.deepEqual(
    sizes.slice(0, -1),
    sizes.slice(1).map(() => PART_BYTES),
  );
  t.true((sizes.at(-1) ?? 0) <= PART_BYTES);
  assertBytes(await readAll(driver, '/up/data'), bytes);
});

test('without conditional writes nothing is sent under a condition', async (t) => {
  const proxy = await FaultyProxy.start(t, await emulatorUrl(MOTO));
  const driver = await openS3(await newBucket(MOTO), proxy.url, { store: 'garage' });
  t.false(driver.capabilities.exclusiveWriters);
  t.false(driver.capabilities.conditionalWrites);
  const begun = await driver.openWriter(at('/up/data'), { append: false });
  await begun.append(bodyOf(content(10)));
  await begun[Symbol.asyncDispose]();
  await using writer = await driver.openWriter(at('/up/data'), { append: true });
  await writer.append(bodyOf(content(PART_BYTES)));
  await writer.commit(at('/blob'));
  const conditions = proxy.seen.filter(
    ({ method, headers }) => method !== 'GET' && (headers['if-match'] ?? headers['if-none-match']) !== undefined,
  );
  t.deepEqual(conditions, []);
  assertBytes(await readAll(driver, '/blob'), Buffer.concat([content(10), content(PART_BYTES)]));
});
