import {
  BlobSASPermissions,
  type BlobSASSignatureValues,
  BlobServiceClient,
  generateBlobSASQueryParameters,
  SASProtocol,
  StorageSharedKeyCredential,
} from '@azure/storage-blob';
import test from 'ava';
import { signRequest } from '../../../../drivers/azure/shared-key.ts';
import { signBlobUrl, type UserDelegationKey } from '../../../../drivers/azure/signed-url.ts';
import { ScriptedServer } from '../../../helpers/client/scripted-server.ts';

const KEY = Buffer.from('a key of the account, in base64').toString('base64');
const ACCOUNT = { accountName: 'images', key: Buffer.from(KEY, 'base64') };
const CREDENTIAL = new StorageSharedKeyCredential('images', KEY);
const NOW = new Date('2026-11-30T12:00:00Z');
const BLOB = {
  accountName: 'images',
  container: 'layers',
  key: 'a folder/docker/data',
  url: new URL('https://images.blob.core.windows.net/layers/a%20folder/docker/data'),
  expiresInMs: 20 * 60_000,
  now: NOW,
};
const VALUES: BlobSASSignatureValues = {
  version: '2022-11-02',
  containerName: BLOB.container,
  blobName: BLOB.key,
  permissions: BlobSASPermissions.parse('r'),
  protocol: SASProtocol.Https,
  startsOn: new Date('2026-11-30T11:59:00Z'),
  expiresOn: new Date('2026-11-30T12:20:00Z'),
};

function sorted(query: URLSearchParams): URLSearchParams {
  query.sort();
  return query;
}

test('a request is signed exactly as the library of Azure signs it', async (t) => {
  const server = await ScriptedServer.start(t, (_, response) => response.writeHead(201).end());
  const blob = new BlobServiceClient(server.address, CREDENTIAL)
    .getContainerClient('layers')
    .getBlockBlobClient('a b/c');
  await blob.upload('content', 7, { metadata: { key: 'value' }, conditions: { ifNoneMatch: '*' } });
  await blob.stageBlock(Buffer.from('an id').toString('base64'), 'part', 4);
  t.is(server.seen.length, 2);
  for (const { method, url, headers } of server.seen) {
    const date = new Date(String(headers['x-ms-date']));
    const body = [Buffer.alloc(Number(headers['content-length']))];
    const texts = Object.entries(headers).map(([name, value]) => [name, String(value)]);
    const request = { method: method as 'PUT', url: new URL(url, server.address), body };
    const signed = signRequest(
      ACCOUNT,
      { ...request, headers: Object.fromEntries(texts) as Record<string, string> },
      date,
    );
    t.is(signed['authorization'], headers.authorization);
  }
});

test('a URL is signed with a key of the account exactly as the library of Azure signs it', (t) => {
  const expected = new URLSearchParams(generateBlobSASQueryParameters(VALUES, CREDENTIAL).toString());
  const url = signBlobUrl(ACCOUNT, BLOB);
  t.is(sorted(url.searchParams).toString(), sorted(expected).toString());
  t.is(url.pathname, '/layers/a%20folder/docker/data');
});

test('a URL is signed with a key of a user exactly as the library of Azure signs it', (t) => {
  const [start, expiry] = ['2026-11-30T11:00:00Z', '2026-12-02T11:00:00Z'];
  const user: UserDelegationKey = {
    objectId: '6ef1d4fb-5c1b-4b3a-9b7c-1d0ab2b5c7f1',
    tenantId: '0a3ed01c-8b9e-4f0c-a0d4-f1f1f5f5f0f0',
    start,
    expiry,
    service: 'b',
    version: '2022-11-02',
    key: ACCOUNT.key,
  };
  const expected = generateBlobSASQueryParameters(
    VALUES,
    {
      signedObjectId: user.objectId,
      signedTenantId: user.tenantId,
      signedStartsOn: new Date(start),
      signedExpiresOn: new Date(expiry),
      signedService: 'b',
      signedVersion: '2022-11-02',
      value: KEY,
    },
    'images',
  );
  const url = signBlobUrl(user, BLOB);
  t.is(sorted(url.searchParams).toString(), sorted(new URLSearchParams(expected.toString())).toString());
});

test('a URL of a service without TLS is valid with HTTP, for at least a second', (t) => {
  const url = signBlobUrl(ACCOUNT, { ...BLOB, url: new URL('http://127.0.0.1:10000/images/layers/a'), expiresInMs: 0 });
  t.is(url.searchParams.get('spr'), 'https,http');
  t.is(url.searchParams.get('se'), '2026-11-30T12:00:01Z');
});
