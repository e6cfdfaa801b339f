import { createHash, randomBytes, randomInt } from 'node:crypto';
import test from 'ava';
import { opensslHash } from '../../../../core/digest/openssl-hash.ts';
import type { HashMaker } from '../../../../core/digest/resumable-hash.ts';
import { decodeShaState, encodeShaState, SHA256, SHA512, type ShaFamily } from '../../../../core/digest/sha-state.ts';
import { wasmHash } from '../../../../core/digest/wasm-hash.ts';

const TEXT = Buffer.from('abcdefghij'.repeat(7));

/** What docker-registry 2.8.2 had in `hashstates/sha256` after 0 and after the 70 bytes of `TEXT`. */
const DISTRIBUTION: ReadonlyArray<readonly [number, string]> = [
  [0, `736861036a09e667bb67ae853c6ef372a54ff53a510e527f9b05688c1f83d9ab5be0cd19${'00'.repeat(64)}0000000000000000`],
  [
    70,
    `736861033d02ebc444c218c188cf53e54c5ffa8233e159002f57ef518768d780e37695b665666768696a${'00'.repeat(58)}0000000000000046`,
  ],
];

const makers = {
  OpenSSL: { sha256: opensslHash(SHA256), sha512: opensslHash(SHA512) },
  WebAssembly: { sha256: await wasmHash(SHA256), sha512: await wasmHash(SHA512) },
};

for (const [name, { sha256, sha512 }] of Object.entries(makers)) {
  if (sha256 === undefined || sha512 === undefined) {
    test.skip(`${name} is not available on this platform`, (t) => t.pass());
    continue;
  }
  for (const [size, hex] of DISTRIBUTION) {
    test(`the state of sha256 by ${name} after ${size} bytes is what distribution writes, byte for byte`, (t) => {
      const hash = sha256();
      hash.update(TEXT.subarray(0, size));
      t.is(encodeShaState(SHA256, hash.save()).toString('hex'), hex);
    });

    test(`sha256 by ${name} continues from distribution's state after ${size} bytes`, (t) => {
      const hash = sha256(decodeShaState(SHA256, Buffer.from(hex, 'hex')));
      hash.update(Buffer.from('and more'));
      const whole = Buffer.concat([TEXT.subarray(0, size), Buffer.from('and more')]);
      t.is(hash.digest(), createHash('sha256').update(whole).digest('hex'));
    });
  }
  anyOffset(name, SHA256, sha256);
  anyOffset(name, SHA512, sha512);
}

function anyOffset(name: string, family: ShaFamily, make: HashMaker): void {
  test(`${family.name} by ${name}, interrupted anywhere, gives what node:crypto gives`, (t) => {
    const bytes = randomBytes(2000);
    const expected = createHash(family.name).update(bytes).digest('hex');
    for (let offset = 0; offset <= 300; offset += 1) {
      const end = randomInt(offset, bytes.length);
      const hash = make();
      hash.update(bytes.subarray(0, offset));
      const saved = encodeShaState(family, hash.save());
      // A saved state does not change with later bytes.
      hash.update(bytes.subarray(offset));
      t.is(hash.digest(), expected);
      const resumed = make(decodeShaState(family, saved));
      resumed.update(new Uint8Array(bytes.buffer, bytes.byteOffset + offset, end - offset));
      t.is(resumed.digest(), createHash(family.name).update(bytes.subarray(0, end)).digest('hex'));
      resumed.update(bytes.subarray(end));
      t.is(resumed.digest(), expected, `interrupted at ${offset} and asked at ${end}, of ${bytes.toString('hex')}`);
    }
  });

  test(`${family.name} by ${name} counts beyond 4 GiB`, (t) => {
    const size = 2 ** 33 + 5;
    const hash = make();
    hash.update(Buffer.alloc(5));
    const far = make({ ...hash.save(), size });
    t.is(far.save().size, size);
    // The same words and rest with another length must be another digest, the same in any implementation.
    t.not(far.digest(), hash.digest());
    t.is(far.digest(), references[family.name]({ ...hash.save(), size }).digest());
  });

  test(`two hashes of ${family.name} by ${name} that grow in turns do not mix`, (t) => {
    const [one, two] = [make(), make()];
    for (const text of ['a', 'b', 'c']) {
      one.update(Buffer.from(text));
      two.update(Buffer.from(text.toUpperCase()));
    }
    t.is(one.digest(), createHash(family.name).update('abc').digest('hex'));
    t.is(two.digest(), createHash(family.name).update('ABC').digest('hex'));
  });
}

const references = makers.WebAssembly;

const state = Buffer.from(DISTRIBUTION[1]?.[1] ?? '', 'hex');
const broken: Readonly<Record<string, Buffer>> = {
  nothing: Buffer.alloc(0),
  'a state cut short': state.subarray(0, 107),
  'a state with a byte too many': Buffer.concat([state, Buffer.of(0)]),
  'a state of another family': encodeShaState(SHA512, makers.WebAssembly.sha512().save()),
  'another magic': Buffer.concat([Buffer.from('sha\x02'), state.subarray(4)]),
  'bytes behind the end of the block begun': Buffer.concat([state.subarray(0, 99), Buffer.of(1), state.subarray(100)]),
  'a size beyond all files': Buffer.concat([state.subarray(0, 100), Buffer.alloc(8, 0xff)]),
};

for (const [what, bytes] of Object.entries(broken)) {
  test(`${what} is no state of sha256`, (t) => {
    t.is(decodeShaState(SHA256, bytes), undefined);
  });
}
