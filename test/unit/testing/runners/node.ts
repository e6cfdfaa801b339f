import { test } from 'node:test';
import { driverSuite } from '../../../../testing/index.ts';
import { source } from './source.ts';

driverSuite({ test: (title, run) => test(title, run), ...source() });
