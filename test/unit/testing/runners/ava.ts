import test from 'ava';
import { driverSuite } from '../../../../testing/index.ts';
import { source } from './source.ts';

driverSuite({ test: (title, run) => test(title, (t) => t.notThrowsAsync(run)), ...source() });
