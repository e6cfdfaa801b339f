import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { ExecutionContext } from 'ava';
import type { Capability } from '../../../verify/capability.ts';
import { tempRoot } from '../../helpers/drivers/temp-root.ts';
import { missingPackages, testsThatNeed } from '../../helpers/running/tests-that-need.ts';
import { verification } from '../../helpers/verify/verification.ts';
import { findDistribution, type Kind, serve } from './registries.ts';

/** Checks that another registry does not pass, by their ids; docs/verify.md says why. */
interface Shortcomings {
  readonly failed: readonly string[];
  readonly blocked: readonly string[];
  /** What it cannot do; checks that need it are skipped. */
  readonly missing: readonly Capability[];
  /** For another reason. */
  readonly skipped: readonly string[];
  /** They pass or fail by chance. */
  readonly unsteady: readonly string[];
}

const EXPECTED: Readonly<Record<Exclude<Kind, 'stowage'>, Shortcomings>> = {
  'docker-registry': {
    failed: [
      'pull/manifest-without-accept',
      'push/single-post',
      'push/tag-parameters',
      'push/chunk-ahead-refused',
      'push/chunk-again-refused',
      'push/first-chunk-from-zero',
      'push/put-ahead-refused',
      'push/foreign-layers',
      'errors/malformed-digest',
      'discovery/n-zero',
      'discovery/last',
      'discovery/last-and-n',
      'discovery/last-that-is-gone',
      'discovery/last-of-all',
      'discovery/more-is-linked',
      'discovery/n',
      'delete/refusal-says-unsupported',
      'resume/status-at-old-url',
      'resume/wrong-offset-refused',
      'resume/chunk-after-cut',
      'resume/stream-after-cut',
      'limits/name-too-long',
      'limits/manifest-too-large',
    ],
    blocked: [
      'push/upload-survives-a-wrong-chunk',
      'ranges/start-past-blob',
      'ranges/size-of-416',
      'ranges/backwards',
      'ranges/unknown-unit',
    ],
    missing: ['referrers', 'delete-tag'],
    skipped: [
      'push/mount-without-from',
      'push/tag-parameters-listed',
      'delete/tag',
      'discovery/link-form',
      'discovery/link-same-host',
      'discovery/pages-make-the-list',
    ],
    unsteady: [
      // The order of a folder on the disk.
      'discovery/order',
      'discovery/order-of-capitals',
      // What comes first.
      'resume/status-after-cut',
      'resume/cancelled-after-cut',
      'concurrency/moving-tag-is-whole',
    ],
  },
  distribution: {
    failed: [
      'pull/manifest-without-accept',
      'push/single-post',
      'push/tag-parameters',
      'push/foreign-layers',
      'ranges/unknown-unit',
      'limits/name-too-long',
      'limits/manifest-too-large',
      'clients/buildkit-cache',
    ],
    blocked: [],
    missing: ['referrers'],
    skipped: ['push/mount-without-from', 'push/tag-parameters-listed', 'delete/refusal-says-unsupported'],
    unsteady: [],
  },
};

/** Reasons to skip what was not configured, or is known to be missing. */
const COMMON = /^(?:it needs "|the registry lets anybody )/;

async function verify(t: ExecutionContext, kind: Exclude<Kind, 'stowage'>): Promise<void> {
  const served = await serve(t, kind, join(await tempRoot(t), 'root'));
  const { results, missing: cannot, cleanUp } = await verification(t, { address: served.url }, { concurrency: 1 });
  const { unsteady, missing, ...steady } = EXPECTED[kind];
  t.deepEqual(Object.keys(cannot).sort(), [...missing].sort());
  for (const [outcome, ids] of Object.entries(steady)) {
    const found = results.filter(
      ({ id, reason = '', ...result }) => result.outcome === outcome && !unsteady.includes(id) && !COMMON.test(reason),
    );
    t.deepEqual(
      found.map(({ id }) => id).sort(),
      [...ids].sort(),
      found.map(({ id, reason }) => `${outcome} ${id}: ${reason}`).join('\n'),
    );
  }
  t.deepEqual(cleanUp.left, []);
  const page = await readFile('docs/verify.md', 'utf8');
  const [, part = ''] = page.split(`### ${kind} `);
  for (const id of [...Object.values(steady).flat(), ...unsteady, ...missing])
    t.true((part.split('\n##')[0] ?? '').includes(`\`${id}\``), `docs/verify.md does not explain ${id} of ${kind}`);
}

const needs: Readonly<Record<Exclude<Kind, 'stowage'>, readonly string[]>> = {
  'docker-registry': missingPackages({ 'docker-registry': 'docker-registry' }),
  distribution:
    findDistribution() === undefined ? ['go install github.com/distribution/distribution/v3/cmd/registry@v3.1.2'] : [],
};

for (const kind of ['docker-registry', 'distribution'] as const) {
  // It comes by `go install` only, so that a machine without Go cannot have it.
  if (kind === 'distribution' && needs[kind].length > 0) {
    process.stderr.write(`Not tested: the verification of distribution 3, which needs ${needs[kind].join()}\n`);
    continue;
  }
  const test = testsThatNeed(needs[kind], { describe: () => `the verification of ${kind}` });

  test(`${kind} fails exactly the checks that docs/verify.md explains`, (t) => verify(t, kind));
}
