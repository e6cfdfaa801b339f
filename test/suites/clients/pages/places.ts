import { join } from 'node:path';
import { freePort } from '../../../helpers/processes/free-port.ts';

/** A text of a page with the files, the ports and the machine of a test. */
export type Place = (text: string) => string;

/** Where the clone of a page is, and the Node that it brings. */
interface Clone {
  readonly repository: string;
  readonly node: string;
}

/** Files below a folder, free ports, and `localhost` as the name of the machine. */
export async function placesBelow(home: string, { repository, node }: Clone): Promise<Place> {
  const [port, tls, redis, first, second] = await Promise.all(Array.from({ length: 5 }, freePort));
  const replacements: readonly (readonly [RegExp, string])[] = [
    [/(?<=CN=|DNS:|--host |server_name )registry\.example\.com/g, 'localhost'],
    [/registry\.example\.com:5000/g, `localhost:${port}`],
    [/registry\.example\.com/g, `localhost:${tls}`],
    [/\blisten 443 ssl;/g, `listen 127.0.0.1:${tls} ssl;`],
    [/127\.0\.0\.1:6379/g, `127.0.0.1:${redis}`],
    [/127\.0\.0\.1:5000/g, `127.0.0.1:${port}`],
    [/127\.0\.0\.1:5001/g, `127.0.0.1:${first}`],
    [/127\.0\.0\.1:5002/g, `127.0.0.1:${second}`],
    [/\/etc\/docker\/certs\.d/g, join(home, '.config/containers/certs.d')],
    [/(?<![\w.])\/(?=(?:etc|var\/lib|usr\/local\/bin)\/)/g, `${home}/`],
    [/\/opt\/stowage\/node_modules\/\.bin\/node/g, node],
    [/\/opt\/stowage/g, repository],
  ];
  return (text) => replacements.reduce((changed, [pattern, place]) => changed.replaceAll(pattern, place), text);
}
