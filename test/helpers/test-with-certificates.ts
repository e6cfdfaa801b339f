import test, { type ExecutionContext } from 'ava';
import { CertificateMaker, hasOpenssl } from './certificates.ts';
import { tempRoot } from './temp-root.ts';

/** What a test with certificates starts from: a folder of its own and a maker that puts certificates there. */
export interface CertificateFolder {
  readonly folder: string;
  readonly certificates: CertificateMaker;
}

const available = await hasOpenssl();
let skipped = 0;

/** Declares a test that makes certificates. Without `openssl` all of them are skipped, and one line says so. */
export function testWithCertificates(
  title: string,
  implementation: (t: ExecutionContext, folder: CertificateFolder) => Promise<void>,
): void {
  if (available) {
    test(title, async (t) => {
      const folder = await tempRoot(t);
      await implementation(t, { folder, certificates: new CertificateMaker(folder) });
    });
    return;
  }
  test.skip(title, (t) => t.fail());
  skipped += 1;
  if (skipped === 1) queueMicrotask(warn);
}

function warn(): void {
  process.stderr.write(
    `!!! SKIPPED all ${skipped} tests of this file with TLS: they need openssl 3.0 or newer in PATH\n`,
  );
}
