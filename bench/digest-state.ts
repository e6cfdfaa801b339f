// Compares hashes whose state can be saved with node:crypto. Run: node dist/bench/digest-state.js
import { createHash } from 'node:crypto';
import { opensslHash } from '../core/digest/openssl-hash.ts';
import { SHA256, SHA512 } from '../core/digest/sha-state.ts';
import { wasmHash } from '../core/digest/wasm-hash.ts';

const CHUNK = Buffer.alloc(64 * 1024, 7);
const CHUNKS = 8192;
const ROUNDS = 3;

for (const family of [SHA256, SHA512]) {
  const makers = {
    'node:crypto': () => createHash(family.name),
    'OpenSSL by koffi': opensslHash(family),
    'hash-wasm': await wasmHash(family),
  };
  for (const [name, make] of Object.entries(makers)) {
    const best = make && Math.max(...Array.from({ length: ROUNDS }, () => megabytesPerSecond(make())));
    process.stdout.write(`${family.name} ${name}: ${best === undefined ? 'not here' : `${Math.round(best)} MB/s`}\n`);
  }
}

function megabytesPerSecond(hash: { update(bytes: Uint8Array): unknown }): number {
  const start = performance.now();
  for (let index = 0; index < CHUNKS; index += 1) hash.update(CHUNK);
  return (CHUNK.length * CHUNKS) / 1000 / (performance.now() - start);
}
