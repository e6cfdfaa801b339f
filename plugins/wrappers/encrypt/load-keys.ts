import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { promisify } from 'node:util';
import { OptionsError, type PluginContext, type SchemaIssue } from '../../../core/driver/index.ts';
import { errorMessage } from '../../loading/error-message.ts';
import { KEY_BYTES, KeyRing, StorageKey } from './storage-key.ts';

/** More than a key in any form, and less than a file that is none. */
const MAX_OUTPUT_BYTES = 4096;

/** Where a key comes from; exactly one of the three is set. */
export interface KeySource {
  readonly id: string;
  readonly file?: string | undefined;
  readonly value?: string | undefined;
  readonly command?: readonly string[] | undefined;
}

/**
 * Reads all keys.
 * @throws OptionsError that names every key that cannot be read
 */
export async function loadKeys(sources: readonly KeySource[], context: PluginContext): Promise<KeyRing> {
  const issues: SchemaIssue[] = [];
  const keys: StorageKey[] = [];
  for (const [index, source] of sources.entries()) {
    const place = ['keys', index, placeOf(source)];
    const read = await readKey(source, context);
    if (typeof read === 'string') issues.push({ path: place, message: read });
    else if (keys.some(({ number }) => number === read.number)) {
      issues.push({ path: place, message: 'is the same key as one before it' });
    } else keys.push(read);
  }
  context.signal?.throwIfAborted();
  const [first, ...others] = issues;
  if (first !== undefined) throw new OptionsError([first, ...others]);
  return new KeyRing(keys as [StorageKey, ...StorageKey[]]);
}

/** The key, or what is wrong with it. */
async function readKey(source: KeySource, context: PluginContext): Promise<StorageKey | string> {
  try {
    const key = keyIn(await bytesOf(source, context));
    if (key !== undefined) return new StorageKey(source.id, key);
    return `must give 32 bytes, as they are, in base64 or as 64 hexadecimal digits: openssl rand -base64 32 makes such a key`;
  } catch (error) {
    return errorMessage(error);
  }
}

async function bytesOf({ file, value, command }: KeySource, { baseFolder, signal }: PluginContext): Promise<Buffer> {
  if (file !== undefined) return readFile(resolve(baseFolder, file), { signal });
  if (value !== undefined) return Buffer.from(value, 'latin1');
  const [program = '', ...args] = command ?? [];
  const { stdout } = await promisify(execFile)(program, args, {
    cwd: baseFolder,
    encoding: 'buffer',
    maxBuffer: MAX_OUTPUT_BYTES,
    ...(signal && { signal }),
  });
  return stdout;
}

function keyIn(bytes: Buffer): Buffer | undefined {
  if (bytes.byteLength === KEY_BYTES) return bytes;
  const text = bytes.toString('latin1').trim();
  if (/^[0-9a-f]{64}$/i.test(text)) return Buffer.from(text, 'hex');
  return /^[A-Za-z0-9+/_-]{43}=?$/.test(text) ? Buffer.from(text, 'base64') : undefined;
}

function placeOf({ file, value }: KeySource): string {
  if (file !== undefined) return 'file';
  return value === undefined ? 'command' : 'value';
}
