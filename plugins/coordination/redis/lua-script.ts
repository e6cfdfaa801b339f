import { createHash } from 'node:crypto';
import type { Cluster, Redis } from 'ioredis';

/** A script that Redis runs as one step. */
export interface LuaScript {
  readonly text: string;
  readonly sha1: string;
}

export function luaScript(text: string): LuaScript {
  return { text, sha1: createHash('sha1').update(text).digest('hex') };
}

/** The arguments of a script. In a cluster all keys must share one hash tag. */
export interface ScriptInput {
  readonly keys: readonly [string, ...string[]];
  readonly args: readonly (string | number)[];
}

/** Runs a script by its hash; a server that does not know it yet receives its text. */
export async function runScript(
  client: Redis | Cluster,
  { text, sha1 }: LuaScript,
  { keys, args }: ScriptInput,
): Promise<unknown> {
  try {
    return await client.evalsha(sha1, keys.length, ...keys, ...args);
  } catch (error) {
    if (!(error instanceof Error && error.message.startsWith('NOSCRIPT'))) throw error;
    return client.eval(text, keys.length, ...keys, ...args);
  }
}
