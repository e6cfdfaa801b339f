import test from 'ava';
import { S3Options } from '../../../../drivers/s3/options.ts';
import { openClient } from '../../../../drivers/s3/s3-client.ts';
import { UrlSigner } from '../../../../drivers/s3/signed-url.ts';
import { storeAt } from '../../../../drivers/s3/stores.ts';
import { openTransports } from '../../../../drivers/s3/transports.ts';

function signerFor(options: object, skewMs?: () => number): UrlSigner {
  const parsed = S3Options.parse({
    bucket: 'images',
    region: 'eu-central-1',
    accesskey: 'a',
    secretkey: 'b',
    ...options,
  });
  const traits = storeAt('aws', undefined);
  const transports = openTransports({ options: parsed, traits });
  const client = openClient({ options: parsed, store: traits, transports });
  return new UrlSigner(client, parsed.bucket, parsed.redirectendpoint, skewMs);
}

test('a URL is signed for its method and for a limited time', async (t) => {
  const signer = signerFor({});
  const get = await signer.sign('docker/registry/data', { method: 'GET', expiresInMs: 1_200_000 });
  t.is(get.host, 'images.s3.eu-central-1.amazonaws.com');
  t.is(get.pathname, '/docker/registry/data');
  t.is(get.searchParams.get('X-Amz-Expires'), '1200');
  t.is(get.searchParams.get('X-Amz-SignedHeaders'), 'host');
  const head = await signer.sign('docker/registry/data', { method: 'HEAD', expiresInMs: 1 });
  t.is(head.searchParams.get('X-Amz-Expires'), '1');
  t.not(head.searchParams.get('X-Amz-Signature'), get.searchParams.get('X-Amz-Signature'));
  const long = await signer.sign('key', { method: 'GET', expiresInMs: 1e12 });
  t.is(long.searchParams.get('X-Amz-Expires'), '604800');
});

test('redirectendpoint replaces the host and the scheme before the signature', async (t) => {
  const place = { regionendpoint: 'http://10.0.0.1:9000', forcepathstyle: true };
  const wanted = { method: 'GET', expiresInMs: 60_000 } as const;
  const inside = await signerFor(place).sign('key', wanted);
  const outside = await signerFor({ ...place, redirectendpoint: 'https://s3.example.com:8443' }).sign('key', wanted);
  t.is(inside.origin + inside.pathname, 'http://10.0.0.1:9000/images/key');
  t.is(outside.origin + outside.pathname, 'https://s3.example.com:8443/images/key');
  t.not(outside.searchParams.get('X-Amz-Signature'), inside.searchParams.get('X-Amz-Signature'));
});

test('a URL is signed by the clock of the service', async (t) => {
  const wanted = { method: 'GET', expiresInMs: 60_000 } as const;
  const url = await signerFor({}, () => 48 * 3_600_000).sign('key', wanted);
  const [, year, month, day] = /^(\d{4})(\d\d)(\d\d)T/.exec(url.searchParams.get('X-Amz-Date') ?? '') ?? [];
  const signedAt = Date.UTC(Number(year), Number(month) - 1, Number(day));
  t.true(signedAt > Date.now() + 20 * 3_600_000, String(url));
});
