/**
 * Runs in a process that may be killed: `node killed-writer.js <task> <store as JSON>`. Each line on stdout is a finished
 * step.
 */
import { setImmediate as turn } from 'node:timers/promises';
import { DriverError, type StorageDriver } from '../../core/driver/index.ts';
import { at, bodyOf, type ConfiguredStore, content } from '../driver-case.ts';
import { openStore } from '../open-store.ts';
import { CREATED_PATHS, PIECE_BYTES, type Task, VERSION_BYTES } from './tasks.ts';

/** Resolves when the line is written, so that no step begins before the last one is reported. */
function say(step: string): Promise<void> {
  return new Promise((resolve) => {
    process.stdout.write(`${step}\n`, () => resolve());
  });
}

const TASKS: Readonly<Record<Task, (driver: StorageDriver) => Promise<void>>> = {
  finish: async (driver) => {
    await driver.write(at('/written'), content(1000, 1));
    const writer = await driver.openWriter(at('/committed'), { append: false });
    await writer.append(bodyOf(content(PIECE_BYTES, 2)));
    await writer.commit();
    await driver.write(at('/from'), content(1000, 3));
    await driver.move(at('/from'), at('/moved'));
    await driver.write(at('/deleted/file'), content(1000, 4));
    await driver.delete(at('/deleted'));
    await say('finished');
  },
  overwrite: async (driver) => {
    for (let version = 0; ; version += 1) {
      await driver.write(at('/file'), content(VERSION_BYTES[version % 2] ?? 0, version));
      await say(`version ${version}.`);
    }
  },
  move: async (driver) => {
    for (let version = 0; ; version += 1) {
      await driver.write(at('/next'), content(VERSION_BYTES[version % 2] ?? 0, version));
      await driver.move(at('/next'), at('/file'));
      await say(`version ${version}.`);
    }
  },
  close: async (driver) => {
    const writer = await driver.openWriter(at('/upload/data'), { append: false });
    await writer.append(bodyOf(content(PIECE_BYTES, 1)));
    await writer[Symbol.asyncDispose]();
    await say(`closed ${writer.size}.`);
  },
  append: async (driver) => {
    const writer = await driver.openWriter(at('/upload/data'), { append: false });
    const endless = async function* (): AsyncGenerator<Uint8Array> {
      for (let piece = 0; ; piece += 1) {
        yield content(PIECE_BYTES, piece);
        await say(`piece ${piece}.`);
      }
    };
    await writer.append(endless());
  },
  spread: async (driver) => {
    const lane = async (name: string): Promise<void> => {
      for (let folder = 0; ; folder += 1) {
        await driver.write(at(`/${name}/${folder % 3}/${folder}/inner/file`), content(100, folder));
        // A driver that never waits would otherwise keep the other lanes from being reported.
        await (name === 'a' ? say(`folder ${folder}.`) : turn());
      }
    };
    await Promise.all(['a', 'b', 'c'].map(lane));
  },
  create: async (driver) => {
    await say('ready');
    for (let path = 0; path < CREATED_PATHS; path += 1) {
      try {
        await driver.write(at(`/race/${path}/file`), Buffer.from(`${process.pid}`), { ifAbsent: true });
        await say(`created ${path}.`);
      } catch (error) {
        if (!DriverError.is(error, 'conflict')) throw error;
      }
    }
    await say(`finished as ${process.pid}.`);
  },
};

const [, , task, store] = process.argv;
// Keeps the process running until it is killed, even when the driver does not.
setInterval(() => undefined, 2 ** 30);
await TASKS[task as Task](await openStore(JSON.parse(store ?? '') as ConfiguredStore));
