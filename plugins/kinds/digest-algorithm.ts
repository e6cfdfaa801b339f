import { builtInAlgorithms, isAlgorithmName } from '../../core/digest/digest.ts';
import type { DigestAlgorithm } from '../../core/digest/digest-algorithm.ts';
import { DIGEST_ALGORITHM } from '../../core/ports/index.ts';
import { type KindContract, missingMembers } from './kind-contract.ts';

const MEMBERS = new Map([
  ['name', 'string'],
  ['createHash', 'function'],
] as const);

/** Addresses content with another digest: see `DigestAlgorithm`. */
export const digestAlgorithm: KindContract = {
  kind: 'digest-algorithm',
  token: DIGEST_ALGORITHM,
  tokenName: 'DIGEST_ALGORITHM',
  noun: 'digest algorithm',
  prefix: 'stowage-digest-',
  allows: 'many',
  builtIn: {},
  problems: (port) => {
    const missing = missingMembers('digest algorithm', port, MEMBERS);
    return missing.length > 0 ? missing : problemsOf(port as DigestAlgorithm);
  },
};

function problemsOf({ name, hexLength, createHash, resumable }: DigestAlgorithm): string[] {
  if (!isAlgorithmName(name)) {
    return [
      `its digest algorithm has the name ${JSON.stringify(name)}; expected one such as "blake3" (image-spec, "Digests")`,
    ];
  }
  if (builtInAlgorithms().includes(name)) return [`its digest algorithm "${name}" is built in`];
  if (!Number.isSafeInteger(hexLength) || hexLength < 2 || hexLength > 1024 || hexLength % 2 !== 0) {
    return [`the hexLength of its digest algorithm is ${String(hexLength)}; expected an even number from 2 to 1024`];
  }
  if (resumable !== undefined) {
    const missing = missingMembers(
      'resumable',
      resumable,
      new Map([
        ['prepare', 'function'],
        ['start', 'function'],
      ]),
    );
    if (missing.length > 0) return missing;
  }
  return sampleProblems(createHash, hexLength);
}

/** Checks a sample, because a faulty hash would store content that nobody can find. */
function sampleProblems(createHash: DigestAlgorithm['createHash'], hexLength: number): string[] {
  const hash = createHash();
  const missing = missingMembers(
    'hash',
    hash,
    new Map([
      ['update', 'function'],
      ['digest', 'function'],
    ]),
  );
  if (missing.length > 0) return missing;
  hash.update(Buffer.from('sample'));
  const [first, again] = [hash.digest(), hash.digest()];
  if (typeof first !== 'string' || !/^[0-9a-f]+$/.test(first) || first.length !== hexLength) {
    return [`its hash returned ${JSON.stringify(first)}; expected ${hexLength} lower-case hex digits`];
  }
  if (first !== again)
    return [
      'its hash returned another digest the second time; digest() must not end the hash, because more bytes may follow',
    ];
  return [];
}
