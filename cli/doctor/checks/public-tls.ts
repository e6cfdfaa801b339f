import { leafFindings } from '../certificate-chain.ts';
import { type DoctorCheck, type DoctorFinding, failure, ok } from '../check.ts';
import { Skipped } from '../skipped.ts';

const UNKNOWN_ISSUERS = /^(?:UNABLE_TO_|DEPTH_ZERO_|SELF_SIGNED_)/;

/** The certificate that clients get, which may be that of a proxy. */
export const publicTls: DoctorCheck = {
  name: 'public-tls',
  proves: 'clients trust the certificate at the address of --url, for 30 days at least, and speak TLS 1.2 or later',
  run: async (examined) => {
    const address = examined.publicAddress();
    const { url } = address;
    const { tls } = await address.answer();
    if (tls === undefined) throw new Skipped('the address of --url is plain HTTP');
    const { leaf, version, problem } = tls;
    if (leaf === undefined) return [failure('there is no certificate')];
    const host = url.hostname.replace(/^\[(.*)\]$/, '$1');
    const old: DoctorFinding[] = /^(?:SSL|TLSv1$|TLSv1\.1)/.test(version)
      ? [failure(`${version} is spoken, which is broken`, 'offer TLS 1.2 and 1.3')]
      : [ok(`${version} is spoken`)];
    return [...leafFindings(leaf, { from: url.host, host, now: Date.now() }), ...old, ...trustFindings(problem)];
  },
};

function trustFindings(problem: string | undefined): DoctorFinding[] {
  if (problem === undefined) return [ok('the chain leads to an authority that clients trust')];
  if (UNKNOWN_ISSUERS.test(problem)) {
    const remedy =
      'send the intermediate certificates too (fullchain.pem); give an authority of your own to this command with --ca-file';
    return [failure(`the chain does not lead to an authority that clients trust (${problem})`, remedy)];
  }
  // Names and dates were looked at.
  return [];
}
