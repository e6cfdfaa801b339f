// @ts-check
import { test } from 'node:test';
import { driverSuite } from 'stowage/testing';
import definition from './index.js';

// `options` are what stands in the configuration. A driver that keeps content gives each case a store of its own here,
// and removes it in `dispose`.
driverSuite({
  test: (title, run) => test(title, run),
  module: import.meta.resolve('./index.js'),
  create: async () => {
    const options = {};
    const driver = await definition.create(options, { baseFolder: import.meta.dirname, warn: console.warn });
    return { driver, options, dispose: async () => driver[Symbol.asyncDispose]() };
  },
});
