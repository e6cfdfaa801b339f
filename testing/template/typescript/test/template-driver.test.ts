import { test } from 'node:test';
import { driverSuite } from 'stowage/testing';
import definition from '../src/index.ts';

// `options` are what the configuration has. A driver with a real store makes an empty one for each case here, and
// removes it in `dispose`.
driverSuite({
  test: (title, run) => test(title, run),
  module: import.meta.resolve('../src/index.js'),
  create: async () => {
    const options = {};
    const driver = await definition.create(options, { baseFolder: import.meta.dirname, warn: console.warn });
    return { driver, options, dispose: async () => driver[Symbol.asyncDispose]() };
  },
});
