import { createHmac, createSecretKey, type KeyObject, randomBytes, timingSafeEqual } from 'node:crypto';
import { z } from 'zod';
import { BindingModule, TOKEN_PROVIDER } from '../../core/di.ts';
import { RegistryError } from '../../core/model/errors.ts';
import type { UploadState } from '../../core/model/upload-state.ts';
import type { TokenProvider } from '../../core/ports/token-provider.ts';
import { definePlugin, PLUGIN_CONTRACT } from '../plugin.ts';
import { formatUploadState, parseUploadState } from './upload-state-json.ts';

/** How tokens are signed, and how long they are valid. */
export interface HmacTokensOptions {
  /** The first signs, all verify. */
  readonly keys: readonly [Uint8Array, ...Uint8Array[]];
  /** How long after the start of an upload its tokens are accepted. Default: forever. */
  readonly maxAgeMs?: number | undefined;
  /** The time in milliseconds since 1970. */
  readonly now?: () => number;
}

const MAC_BYTES = 32;
/** Far longer than any token: the longest name has 255 characters, the longest id 128. */
const MAX_TOKEN_LENGTH = 2048;
const BASE64URL = /^(?:[A-Za-z0-9_-]{4})*(?:[A-Za-z0-9_-]{2}(?:==)?|[A-Za-z0-9_-]{3}=?)?$/;

/**
 * Upload tokens that need no store, in the format of distribution: base64url, with padding, of HMAC-SHA256 over
 * the state's JSON followed by that JSON. Instances of both kinds with one secret can share uploads.
 */
export class HmacTokens implements TokenProvider {
  // Key objects, because importing a key each time takes Node four times as long.
  #keys: readonly [KeyObject, ...KeyObject[]];
  readonly #maxAgeMs: number;
  readonly #now: () => number;

  constructor({ keys, maxAgeMs = Number.POSITIVE_INFINITY, now = Date.now }: HmacTokensOptions) {
    const [first, ...others] = keys;
    this.#keys = [createSecretKey(first), ...others.map((key) => createSecretKey(key))];
    this.#maxAgeMs = maxAgeMs;
    this.#now = now;
  }

  rotate([first, ...others]: readonly [string, ...string[]]): void {
    this.#keys = [createSecretKey(keyOf(first)), ...others.map((secret) => createSecretKey(keyOf(secret)))];
  }

  async issue(state: UploadState): Promise<string> {
    const json = Buffer.from(formatUploadState(state), 'utf8');
    const token = Buffer.concat([macOf(json, this.#keys[0]), json]).toString('base64url');
    return token.padEnd(Math.ceil(token.length / 4) * 4, '=');
  }

  async read(token: string): Promise<UploadState> {
    const bytes = decode(token);
    const json = bytes.subarray(MAC_BYTES);
    if (!this.#isSigned(json, bytes.subarray(0, MAC_BYTES))) {
      throw invalid(
        'the token was signed with a secret that this instance does not have: the instances do not share ' +
          'http.secret, or it has changed',
      );
    }
    const state = parse(json);
    if (this.#now() - state.startedAt.getTime() > this.#maxAgeMs) {
      throw invalid('the upload was started too long ago: start it again');
    }
    return state;
  }

  // Every key is compared in full, so that the time reveals nothing about any of them.
  #isSigned(json: Uint8Array, mac: Uint8Array): boolean {
    return this.#keys.map((key) => timingSafeEqual(macOf(json, key), mac)).includes(true);
  }
}

function keyOf(secret: string): Uint8Array {
  return Buffer.from(secret, 'utf8');
}

function macOf(json: Uint8Array, key: KeyObject): Buffer {
  return createHmac('sha256', key).update(json).digest();
}

function decode(token: string): Buffer {
  if (token.length > MAX_TOKEN_LENGTH || !BASE64URL.test(token)) throw invalid('the token is malformed: not base64url');
  const bytes = Buffer.from(token, 'base64url');
  if (bytes.length < MAC_BYTES) throw invalid('the token is malformed: too short');
  return bytes;
}

function parse(json: Uint8Array): UploadState {
  try {
    return parseUploadState(new TextDecoder('utf-8', { fatal: true }).decode(json));
  } catch (error) {
    throw invalid('the token is malformed: it contains no upload state', error);
  }
}

function invalid(reason: string, cause?: unknown): RegistryError {
  return new RegistryError('BLOB_UPLOAD_INVALID', { reason }, { cause });
}

const HmacOptions = z.strictObject({
  secrets: z
    .array(z.string('must be a string').min(1, 'must not be empty: with an empty secret anybody can forge tokens'))
    .default([]),
  maxAgeMs: z.int('must be a whole number of milliseconds').positive('must be greater than 0').optional(),
});

/** Options: `secrets` (the first signs, all verify), `maxAgeMs`. */
export default definePlugin({
  kind: 'token-provider',
  name: 'hmac',
  contract: PLUGIN_CONTRACT,
  options: HmacOptions,
  module: ({ secrets, maxAgeMs }, { warn }) => {
    const [first, ...others] = secrets.map(keyOf);
    if (first === undefined) {
      warn(
        'no http.secret is configured, so a random one is used: uploads will not survive a restart, and instances ' +
          'behind a load balancer need one shared http.secret (REGISTRY_HTTP_SECRET)',
      );
    }
    const tokens = new HmacTokens({ keys: [first ?? randomBytes(MAC_BYTES), ...others], maxAgeMs });
    return new BindingModule(({ bind }) => void bind(TOKEN_PROVIDER).toConstantValue(tokens));
  },
});
