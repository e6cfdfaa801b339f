import type { ExecutionContext } from 'ava';
import { tempRoot } from '../drivers/temp-root.ts';
import { testsThatNeed } from '../running/tests-that-need.ts';
import { CertificateMaker, hasOpenssl } from './certificates.ts';

/** The set-up of a test with certificates: a folder and a maker that creates certificates in it. */
export interface CertificateFolder {
  readonly folder: string;
  readonly certificates: CertificateMaker;
}

const declare = testsThatNeed((await hasOpenssl()) ? [] : ['put openssl 3.0 or newer in PATH'], {
  describe: (count) => `all ${count} tests of this file with TLS`,
});

/** Declares a test that creates certificates. Without `openssl` all of them are skipped, and one line says so. */
export function testWithCertificates(
  title: string,
  implementation: (t: ExecutionContext, folder: CertificateFolder) => Promise<void>,
): void {
  declare(title, async (t) => {
    const folder = await tempRoot(t);
    await implementation(t, { folder, certificates: new CertificateMaker(folder) });
  });
}
