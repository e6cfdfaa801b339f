import { randomBytes } from 'node:crypto';
import { mkdir, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import type { Program } from '../command.ts';
import { UsageError } from '../usage-error.ts';
import { nextSteps } from './init-steps.ts';
import { configurationText, type InitOptions, type InitRequest } from './init-text.ts';

const SECRET_BYTES = 32;
/** The mode of a file with a secret: only its owner may read it. */
const PRIVATE = 0o600;
const PUBLIC = 0o644;

/**
 * Writes a configuration, and prints what to do next. The operator creates passwords and certificates: no registry
 * starts with a default one.
 * @throws UsageError if the file already exists, or the folder cannot be written to
 */
export async function run({ scenarios, folder, host, storage, redis }: InitRequest, { print }: Program): Promise<void> {
  const file = resolve(folder, 'config.yml');
  const options: InitOptions = {
    scenarios,
    host,
    redis,
    storage: storage === undefined ? join(resolve(folder), 'registry-data') : resolve(storage),
    secret: randomBytes(SECRET_BYTES).toString('hex'),
  };
  try {
    await mkdir(resolve(folder), { recursive: true });
    const mode = scenarios.has('cluster') ? PRIVATE : PUBLIC;
    await writeFile(file, configurationText(options), { flag: 'wx', mode });
  } catch (error) {
    throw refusal(file, error);
  }
  print(nextSteps(file, options));
}

function refusal(file: string, error: unknown): unknown {
  if (!(error instanceof Error && 'code' in error)) return error;
  if (error.code !== 'EEXIST') return new UsageError(`${file} cannot be written: ${error.message}`);
  return new UsageError(`${file} already exists, and nothing was written; move it away, or name another folder`);
}
