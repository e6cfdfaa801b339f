import { isIP } from 'node:net';
import { dirname, join } from 'node:path';
import { type InitOptions, isReachable, PORT } from './init-text.ts';

/** The text to print after the file is written: every step that is still needed before a client can push. */
export function nextSteps(file: string, options: InitOptions): string {
  const steps = [...filesToMake(dirname(file), options), ...toStart(file, options)];
  const caution =
    isReachable(options) && !options.scenarios.has('htpasswd')
      ? [
          '',
          'Anybody who can reach it may push, pull and delete: add htpasswd to the scenarios, or keep the port closed.',
        ]
      : [];
  return [`Wrote ${file}`, '', ...steps.map((step, index) => `${index + 1}. ${step}`), ...caution, ''].join('\n');
}

function filesToMake(folder: string, { scenarios, host }: InitOptions): string[] {
  const [certificate, key] = [quoted(join(folder, 'certificate.pem')), quoted(join(folder, 'key.pem'))];
  const steps: string[] = [];
  if (scenarios.has('tls')) {
    steps.push(
      `Put the certificate for ${host} into ${certificate}, and its key into ${key}. A self-signed one is enough to try it:\n` +
        '   openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 365 ' +
        `-subj "/CN=${host}" -addext "subjectAltName=${alternativeNames(host)}" -keyout ${key} -out ${certificate}`,
    );
  }
  if (scenarios.has('htpasswd')) {
    steps.push(
      'Add the first user; htpasswd (Debian: apache2-utils, Fedora: httpd-tools) asks for the password. Leave out -c for more users:\n' +
        `   htpasswd -B -C 10 -c ${quoted(join(folder, 'htpasswd'))} USER`,
    );
  }
  return steps;
}

function toStart(file: string, { scenarios, host }: InitOptions): string[] {
  const authority = `${clientHost({ scenarios, host })}:${PORT}`;
  const push = `docker pull alpine && docker tag alpine ${authority}/alpine && docker push ${authority}/alpine`;
  const isPlain = !scenarios.has('tls');
  return [
    `Check it:\n   npx stowage check-config --connect ${quoted(file)}`,
    scenarios.has('cluster')
      ? `Copy the file to every machine, start it there, and put a load balancer in front (docs/operations/cluster.md):\n   npx stowage serve ${quoted(file)}`
      : `Start it:\n   npx stowage serve ${quoted(file)}`,
    ...(scenarios.has('tls')
      ? [`If the certificate is self-signed, make Docker trust it: copy it to /etc/docker/certs.d/${authority}/ca.crt`]
      : []),
    ...(scenarios.has('htpasswd') ? [`Log in:\n   docker login ${authority}`] : []),
    ...(isPlain && host !== 'localhost'
      ? ['Set up TLS on the load balancer: Docker pushes to other machines only over TLS']
      : []),
    `Push an image:\n   ${push}`,
  ];
}

/** Without TLS an address, because `localhost` may mean an IPv6 address, at which a registry on 127.0.0.1 does not listen. */
function clientHost({ scenarios, host }: Pick<InitOptions, 'scenarios' | 'host'>): string {
  if (host === 'localhost') return scenarios.has('tls') ? host : '127.0.0.1';
  return isIP(host) === 6 ? `[${host}]` : host;
}

function alternativeNames(host: string): string {
  if (host === 'localhost') return 'DNS:localhost,IP:127.0.0.1';
  return `${isIP(host) === 0 ? 'DNS' : 'IP'}:${host}`;
}

/** Quotes a path for a shell, if necessary. */
function quoted(path: string): string {
  return /^[\w./-]+$/.test(path) ? path : `'${path.replaceAll("'", String.raw`'\''`)}'`;
}
