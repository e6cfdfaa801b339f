import test from 'ava';
import { type Digest, digestOf } from '../../../../core/digest/digest.ts';
import type { StorageDriver } from '../../../../core/driver/index.ts';
import { PullRecorder, type PullRecorderOptions } from '../../../../core/pulls/pull-recorder.ts';
import { PullStore } from '../../../../core/storage/pull-store.ts';
import { MemoryDriver } from '../../../../drivers/memory/memory-driver.ts';
import { imageIndex, name, tagged } from '../../../helpers/content/registry-content.ts';
import { composeCore } from '../../../helpers/core/core-parts.ts';
import { CountingDriver } from '../../../helpers/drivers/counting-driver.ts';
import { FaultInjector } from '../../../helpers/drivers/fault-injector.ts';

const APP = name('team/app');
const HOUR = 3_600_000;
const NOON = Date.parse('2026-03-01T12:00:00Z');
const MANIFEST = { bytes: imageIndex([]), contentType: undefined };
const DIGEST = digestOf(MANIFEST.bytes);

/** A process that records pulls of a repository, by a clock of its own. */
async function recording(driver: StorageDriver, options?: PullRecorderOptions) {
  const core = composeCore(driver);
  await core.manifests.put(APP, tagged('v1'), MANIFEST);
  const store = core.container.get(PullStore);
  const clock = { nowMs: NOON };
  const lines: string[] = [];
  const write = (_: object, text: string): void => void lines.push(text);
  const log = { debug: write, info: write, warn: write, error: write };
  const state = { isReadOnly: false };
  const recorder = new PullRecorder(
    { store, log, now: () => clock.nowMs, isReadOnly: () => state.isReadOnly },
    { flushEveryMs: HOUR, ...options },
  );
  return { core, store, clock, lines, state, recorder };
}

const numbered = (number: number): Digest => digestOf(Buffer.from(`${number}`));

test('a pull is recorded once an hour, at the next flush or at the stop', async (t) => {
  const driver = new CountingDriver(new MemoryDriver());
  const { store, clock, recorder } = await recording(driver);
  for (let count = 0; count < 100; count += 1) recorder.note(APP, DIGEST);
  driver.reset();
  await recorder.flush();
  t.deepEqual(
    driver.sites.map(({ call }) => call),
    ['read', 'stat', 'list', 'write', 'read', 'write'],
  );
  t.is((await store.read(APP)).hours.get(DIGEST), NOON);
  driver.reset();
  recorder.note(APP, DIGEST);
  await recorder.flush();
  t.is(driver.count(), 0);
  clock.nowMs += HOUR;
  recorder.note(APP, DIGEST);
  t.is((await store.read(APP)).hours.get(DIGEST), NOON);
  await recorder[Symbol.asyncDispose]();
  t.is((await store.read(APP)).hours.get(DIGEST), NOON + HOUR);
});

test('a failing storage delays records, is reported once, and loses nothing', async (t) => {
  const driver = new FaultInjector(new MemoryDriver());
  const { store, lines, recorder, clock } = await recording(driver);
  recorder.note(APP, DIGEST);
  for (let round = 0; round < 3; round += 1) {
    driver.plan({ fault: 'dead', index: round });
    await recorder.flush();
  }
  driver.heal();
  t.deepEqual(lines, ['pulls could not be recorded; they wait in memory']);
  clock.nowMs += HOUR;
  recorder.note(APP, DIGEST);
  await recorder.flush();
  t.is((await store.read(APP)).hours.get(DIGEST), NOON + HOUR);
  t.is((await store.recording())?.sinceMs, NOON + HOUR);
  t.deepEqual(lines.slice(1), ['pulls are recorded again']);
  await recorder[Symbol.asyncDispose]();
});

test('pulls wait while the registry is read-only, and those that are left at the stop are counted', async (t) => {
  const driver = new CountingDriver(new MemoryDriver());
  const { store, state, recorder, lines } = await recording(driver);
  state.isReadOnly = true;
  recorder.note(APP, DIGEST);
  driver.reset();
  await recorder.flush();
  t.is(driver.count(), 0);
  state.isReadOnly = false;
  await recorder.flush();
  t.is((await store.read(APP)).hours.get(DIGEST), NOON);
  state.isReadOnly = true;
  recorder.note(APP, numbered(1));
  await recorder[Symbol.asyncDispose]();
  t.deepEqual(lines, ['pulls were not recorded before the stop']);
});

test('recording goes on after a pause of a day, and begins anew after a longer one', async (t) => {
  const driver = new MemoryDriver();
  const beginsAt = async (hours: number): Promise<number | undefined> => {
    const { store, clock, recorder } = await recording(driver);
    clock.nowMs += hours * HOUR;
    await recorder[Symbol.asyncDispose]();
    const found = await store.recording();
    t.is(found?.untilMs, NOON + hours * HOUR);
    return found && (found.sinceMs - NOON) / HOUR;
  };
  t.is(await beginsAt(0), 0);
  t.is(await beginsAt(24), 0);
  t.is(await beginsAt(49), 49);
  t.is(await beginsAt(73), 49);
  // By another clock.
  t.is(await beginsAt(5), 5);
});

test('pulls that find no room in memory make the recording begin anew, in every later sign of the process', async (t) => {
  const driver = new FaultInjector(new MemoryDriver());
  const { store, clock, recorder, lines } = await recording(driver, { maxWaiting: 4 });
  await recorder.flush();
  t.is((await store.recording())?.sinceMs, NOON);
  driver.plan({ fault: 'dead', index: 0 });
  clock.nowMs += 60_000;
  for (let number = 0; number < 6; number += 1) recorder.note(APP, numbered(number));
  await recorder.flush();
  driver.heal();
  t.true(lines.includes('more pulls than fit into memory wait to be recorded, so their recording begins anew'));
  await recorder.flush();
  t.is((await store.read(APP)).hours.size, 4);
  t.is((await store.recording())?.sinceMs, NOON + 60_000);
  // Another process had read the earlier time.
  await store.putRecording({ sinceMs: NOON, untilMs: NOON + 70_000 });
  clock.nowMs += HOUR;
  await recorder[Symbol.asyncDispose]();
  t.is((await store.recording())?.sinceMs, NOON + 60_000);
});

test('a pull of what was lost is noted in the same hour', async (t) => {
  const driver = new FaultInjector(new MemoryDriver());
  const { store, clock, recorder } = await recording(driver, { maxWaiting: 4 });
  await recorder.flush();
  recorder.note(APP, DIGEST);
  driver.plan({ fault: 'dead', index: 0 });
  const flushing = recorder.flush();
  // They take the room of what is being written.
  for (let number = 0; number < 4; number += 1) recorder.note(APP, numbered(number));
  t.false(await flushing);
  driver.heal();
  t.true(await recorder.flush());
  clock.nowMs += 60_000;
  recorder.note(APP, DIGEST);
  await recorder.flush();
  t.is((await store.read(APP)).hours.get(DIGEST), NOON);
});

test('more pulls than wait in memory are written early, all of them', async (t) => {
  const { store, recorder } = await recording(new MemoryDriver(), { maxWaiting: 10 });
  for (let number = 0; number < 100; number += 1) {
    recorder.note(APP, numbered(number));
    if (number % 5 === 4) await recorder.flush();
  }
  await recorder[Symbol.asyncDispose]();
  t.is((await store.read(APP)).hours.size, 100);
});

test('two processes on one storage record into files of their own, and the later hour counts', async (t) => {
  const driver = new MemoryDriver();
  const [one, other] = [await recording(driver), await recording(driver)];
  other.clock.nowMs += HOUR;
  await Promise.all(
    [one, other].map(async ({ recorder }, index) => {
      for (let number = 0; number < 50; number += 1) {
        recorder.note(APP, numbered(2 * number + index));
        recorder.note(APP, DIGEST);
        await recorder.flush();
      }
    }),
  );
  const { hours } = await one.store.read(APP);
  t.is(hours.size, 101);
  t.is(hours.get(DIGEST), NOON + HOUR);
  for (const { recorder } of [one, other]) await recorder[Symbol.asyncDispose]();
});

test('a flush of 20 000 repositories costs two calls for each, four on its first day', async (t) => {
  const driver = new CountingDriver(new MemoryDriver());
  const { core, clock, recorder } = await recording(driver);
  const names = Array.from({ length: 20_000 }, (_, index) => name(`team/app-${index}`));
  for (const each of names) await driver.write(core.paths.revisionLink(each, DIGEST), Buffer.from(DIGEST));
  for (const [hours, calls] of [
    [0, 4],
    [1, 2],
  ] as const) {
    clock.nowMs = NOON + hours * HOUR;
    for (const each of names) recorder.note(each, DIGEST);
    driver.reset();
    await recorder.flush();
    // Two for the sign that pulls are recorded.
    t.is(driver.count(), calls * names.length + 2);
  }
  await recorder[Symbol.asyncDispose]();
});
