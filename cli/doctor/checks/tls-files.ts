import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { readTls } from '../../../server/http/tls.ts';
import { certificatesIn, chainFindings, timeFindings } from '../certificate-chain.ts';
import { type DoctorCheck, ok } from '../check.ts';
import { Skipped } from '../skipped.ts';

/** The certificates that the registry itself presents. */
export const tlsFiles: DoctorCheck = {
  name: 'tls-files',
  proves: 'the certificates of http.tls are a whole chain in order, with its key, for http.host, for 30 days at least',
  run: async ({ configured }) => {
    const { tls, externalUrl } = configured.configuration.http;
    if (tls === undefined) throw new Skipped('the registry speaks plain HTTP');
    await readTls(configured).catch(() => {
      throw new Skipped('the files of http.tls cannot be used');
    });
    const read = async (file: string) => certificatesIn(await readFile(resolve(configured.baseFolder, file), 'utf8'));
    const now = Date.now();
    const host = externalUrl === undefined ? undefined : hostOf(externalUrl);
    const chain = chainFindings(await read(tls.certificateFile), { from: tls.certificateFile, host, now });
    const authorities = await Promise.all(
      tls.clientAuthorityFiles.map(async (from) =>
        (await read(from)).flatMap((certificate) => timeFindings(certificate, { from, host: undefined, now })),
      ),
    );
    const version = ok(`${tls.minimumVersion} or later is spoken, and the key is that of the certificate`);
    return [...chain, version, ...authorities.flat()];
  },
};

function hostOf(url: string): string | undefined {
  return URL.canParse(url) ? new URL(url).hostname.replace(/^\[(.*)\]$/, '$1') : undefined;
}
