import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { driverSuite } from 'stowage/testing';
import sqlite from '../src/index.ts';

driverSuite({
  test: (title, run) => test(title, run),
  module: import.meta.resolve('../src/index.js'),
  create: async () => {
    const folder = await mkdtemp(join(tmpdir(), 'stowage-driver-sqlite-'));
    const options = { file: join(folder, 'registry.db') };
    const driver = await sqlite.create(options, { baseFolder: folder, warn: () => undefined });
    return {
      driver,
      options,
      dispose: async () => {
        await driver[Symbol.asyncDispose]();
        await rm(folder, { recursive: true });
      },
    };
  },
});
