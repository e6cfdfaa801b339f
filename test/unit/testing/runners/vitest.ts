import { test } from 'vitest';
import { driverSuite } from '../../../../testing/index.ts';
import { source } from './source.ts';

driverSuite({ test: (title, run) => test(title, { timeout: 60_000 }, run), ...source() });
