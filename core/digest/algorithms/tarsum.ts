import type { DigestAlgorithm, RunningHash } from '../digest-algorithm.ts';
import { TarsumHash } from '../tarsum/tarsum-hash.ts';
import { type TarsumVersion, tarsumName } from '../tarsum/tarsum-label.ts';

/** Starts a hash of an algorithm, or resumes one. @throws TypeError when it cannot be resumed */
function start({ name, createHash, resumable }: DigestAlgorithm, state?: Uint8Array): RunningHash {
  const running = resumable?.start(state);
  if (running === undefined && state !== undefined) throw new TypeError(`${name} cannot be resumed in this process`);
  return running ?? createHash();
}

/**
 * The digest of an archive by one version of Docker's tarsum, with hashes of `base`. It identifies the content of the
 * archive, not its bytes, so it is an alias of a blob and does not prove the blob's bytes.
 */
export function tarsumAlgorithm(version: TarsumVersion, base: DigestAlgorithm): DigestAlgorithm {
  const startHash = (state?: Uint8Array): RunningHash => start(base, state);
  const options = { version, startHash, sumBytes: base.hexLength / 2, generation: 'era' } as const;
  return {
    name: tarsumName(version, base.name),
    hexLength: base.hexLength,
    createHash: () => new TarsumHash(options),
    createAlternative: () => new TarsumHash({ ...options, generation: 'blank' }),
    resumable: {
      prepare: async (implementation) => base.resumable?.prepare(implementation),
      start: (state) => new TarsumHash(options, state),
    },
    folder: `tarsum/${version === '' ? 'v0' : version}/${base.name}`,
    isAlias: true,
  };
}
