import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describeApi } from '../core/api/describe-api.ts';

// This file runs as dist/docs/generate.js.
await writeFile(join(import.meta.dirname, '../../docs/api.md'), describeApi());
