import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { openDriver } from '../../../../drivers/s3/open-driver.ts';
import { S3Options } from '../../../../drivers/s3/options.ts';
import { tempRoot } from '../../../helpers/drivers/temp-root.ts';
import { type StubRequest, stubS3 } from './stub-s3.ts';

const EMPTY = { body: '<ListBucketResult><IsTruncated>false</IsTruncated></ListBucketResult>' };
const NEVER = '2099-01-01T00:00:00Z';
const ASSUMED = `<AssumeRoleWithWebIdentityResponse><AssumeRoleWithWebIdentityResult><Credentials>
<AccessKeyId>ROLE</AccessKeyId><SecretAccessKey>s</SecretAccessKey><SessionToken>of-the-role</SessionToken>
<Expiration>${NEVER}</Expiration></Credentials></AssumeRoleWithWebIdentityResult></AssumeRoleWithWebIdentityResponse>`;

/** Opens a bucket without keys in the options, and returns the request that listed it. */
async function listed(t: ExecutionContext, environment: (url: string) => Record<string, string>): Promise<StubRequest> {
  const { url, seen } = await stubS3(t, ({ body }) =>
    body.includes('AssumeRole') ? { headers: { 'content-type': 'text/xml' }, body: ASSUMED } : EMPTY,
  );
  const kept = { ...process.env };
  for (const name of Object.keys(process.env)) if (name.startsWith('AWS_')) delete process.env[name];
  Object.assign(process.env, { AWS_EC2_METADATA_DISABLED: 'true', ...environment(url) });
  const place = { bucket: 'images', region: 'us-east-1', regionendpoint: url, forcepathstyle: true, store: 'aws' };
  try {
    const driver = await openDriver(S3Options.parse(place));
    await driver[Symbol.asyncDispose]();
  } finally {
    process.env = kept;
  }
  return seen.find(({ method }) => method === 'GET') ?? t.fail();
}

// They change the environment of the process.
test.serial('without keys in the options, those of the environment are used', async (t) => {
  const { headers } = await listed(t, () => ({
    AWS_ACCESS_KEY_ID: 'ENVIRONMENT',
    AWS_SECRET_ACCESS_KEY: 's',
    AWS_SESSION_TOKEN: 'a-session',
  }));
  t.regex(headers.authorization ?? '', /Credential=ENVIRONMENT\/\d+\/us-east-1\/s3\//);
  t.is(headers['x-amz-security-token'], 'a-session');
});

test.serial('a web identity, as Kubernetes gives it to a pod, is exchanged for the keys of its role', async (t) => {
  const token = join(await tempRoot(t), 'token');
  await writeFile(token, 'a token of the cluster');
  const { headers } = await listed(t, (url) => ({
    AWS_ROLE_ARN: 'arn:aws:iam::123456789012:role/registry',
    AWS_WEB_IDENTITY_TOKEN_FILE: token,
    AWS_ENDPOINT_URL_STS: url,
    AWS_REGION: 'us-east-1',
  }));
  t.regex(headers.authorization ?? '', /Credential=ROLE\//);
  t.is(headers['x-amz-security-token'], 'of-the-role');
});

test.serial('keys of a profile are found in the files of the home folder', async (t) => {
  const file = join(await tempRoot(t), 'credentials');
  await writeFile(file, '[registry]\naws_access_key_id = PROFILE\naws_secret_access_key = s\n');
  const { headers } = await listed(t, () => ({ AWS_SHARED_CREDENTIALS_FILE: file, AWS_PROFILE: 'registry' }));
  t.regex(headers.authorization ?? '', /Credential=PROFILE\//);
});

test.serial('no credentials at all stop the start, with all ways to give them', async (t) => {
  const home = await tempRoot(t);
  const error = await t.throwsAsync(
    listed(t, () => ({
      AWS_SHARED_CREDENTIALS_FILE: join(home, 'none'),
      AWS_CONFIG_FILE: join(home, 'none'),
    })),
  );
  t.regex(error.message, /^storage\.s3: no usable credentials \(.*Set accesskey and secretkey, or run where/);
});
