import assert from 'node:assert/strict';
import { DriverError, type StorageDriver } from '../../core/driver/index.ts';
import { assertBytes, at, chunked, content, type DriverCase, drain, names, readAll } from '../driver-case.ts';
import { type CallSite, type Fault, FaultDriver } from '../fault-driver.ts';
import type { GuaranteeName } from '../guarantees.ts';

const PARTS = [content(200_000, 1), content(150_000, 2)] as const;
const WHOLE = Buffer.concat(PARTS);

/** Makes the calls of a registry for a blob, in the same order. */
async function push(driver: StorageDriver, folder: string): Promise<void> {
  const data = at(`${folder}/upload/data`);
  await driver.write(at(`${folder}/upload/startedat`), Buffer.from('now'));
  for (const [index, part] of PARTS.entries()) {
    await using writer = await driver.openWriter(data, { append: index > 0 });
    await writer.append(chunked(part));
    if (index === PARTS.length - 1) await writer.commit();
  }
  assert.equal((await driver.stat(data))?.size, WHOLE.byteLength, 'the size that stat gives of a committed upload');
  await driver.move(data, at(`${folder}/blob/data`));
  await driver.write(at(`${folder}/link`), Buffer.from('linked'));
  assertBytes(await drain(await driver.read(at(`${folder}/blob/data`))), WHOLE);
  await driver.delete(at(`${folder}/upload`));
}

/** A plan that makes the call of this index fail; `hit` returns that call. */
function faultAt(
  index: number,
  fault: Fault,
): { plan: (site: CallSite) => Fault | undefined; hit: () => CallSite | undefined } {
  let passed = 0;
  let hit: CallSite | undefined;
  const plan = (site: CallSite): Fault | undefined => {
    if (passed++ !== index) return undefined;
    hit = site;
    return fault;
  };
  return { plan, hit: () => hit };
}

/** After any fault, all readable content is complete, and all linked content is readable. */
async function assertNothingWrong(driver: StorageDriver, folder: string): Promise<void> {
  const blob = await readAll(driver, `${folder}/blob/data`).catch(absent);
  if (blob !== undefined) assertBytes(blob, WHOLE);
  const link = await readAll(driver, `${folder}/link`).catch(absent);
  if (link === undefined) return;
  assert.equal(link.toString(), 'linked', 'the content of a small file that was written');
  assert.ok(blob !== undefined, 'content that was moved before the link was written is gone');
}

function absent(error: unknown): undefined {
  if (!DriverError.is(error, 'not-found')) throw error;
}

/** A failed append has kept a prefix, after which the upload can be resumed. */
async function assertResumable(driver: StorageDriver, folder: string): Promise<void> {
  const path = at(`${folder}/upload/data`);
  const writer = await driver.openWriter(path, { append: true }).catch(absent);
  if (writer === undefined) return;
  await using open = writer;
  const kept = open.size;
  assert.ok(kept <= WHOLE.byteLength, `${kept} bytes were kept of ${WHOLE.byteLength}`);
  await open.append(chunked(WHOLE.subarray(kept)));
  await open.commit();
  assertBytes(await readAll(driver, path), WHOLE);
}

/** Pushes with the fault at one call. @returns whether the push had as many calls */
async function pushOnce(driver: StorageDriver, index: number, fault: Fault): Promise<boolean> {
  const folder = `/round-${index}`;
  const { plan, hit } = faultAt(index, fault);
  const error = await push(new FaultDriver(driver, plan), folder).then(
    () => undefined,
    (reason: unknown) => reason,
  );
  const site = hit();
  if (site === undefined) return false;
  try {
    assert.ok(error === undefined || DriverError.is(error), String(error));
    await assertNothingWrong(driver, folder);
    if (error !== undefined && site.call === 'append') await assertResumable(driver, folder);
    if (error !== undefined) await push(driver, folder);
    await assertNothingWrong(driver, folder);
    await driver.delete(at(folder));
  } catch (reason) {
    const text = reason instanceof Error ? reason.message : String(reason);
    assert.fail(`after a fault (${fault}) in ${site.call} of ${site.path}: ${text}`);
  }
  return true;
}

function pushWith(fault: Fault, what: string, proves: GuaranteeName): DriverCase {
  return {
    title: `a push in which any one call ${what} exposes no wrong content, and succeeds when it is repeated`,
    group: 'faults',
    proves,
    run: async ({ driver }) => {
      await driver.write(at('/neighbour/file'), content(64));
      for (let index = 0; await pushOnce(driver, index, fault); index += 1);
      assertBytes(await readAll(driver, '/neighbour/file'), content(64));
      const left = await names(driver, '/');
      for (const name of left.filter((each) => each !== 'neighbour')) await driver.delete(at(`/${name}`));
    },
  };
}

export const faultCases: readonly DriverCase[] = [
  pushWith('failed', 'fails', 'appendPrefix'),
  pushWith('lost', 'loses its answer', 'startOver'),
  pushWith('aborted', 'is aborted', 'signal'),
  pushWith('short', 'is cut off in the middle', 'appendPrefix'),
  pushWith('slow', 'is slow', 'append'),
];
