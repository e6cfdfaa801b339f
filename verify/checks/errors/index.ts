import type { Answer } from '../../bench/answer.ts';
import type { Bench } from '../../bench/bench.ts';
import { blobPath, manifestPath, tagsPath, uploadsPath } from '../../bench/paths.ts';
import type { Check } from '../../check.ts';
import { finishUpload } from '../../content/chunks.ts';
import { randomContent, randomTag, unknownDigest } from '../../content/content.ts';
import { ACCEPT, IMAGE_MANIFEST } from '../../content/manifests.ts';
import { beginUpload, pushImage } from '../../content/set-up.ts';
import { expectErrorCodes, expectHeader, expectStatus, expectThat } from '../../expect.ts';
import { rfc, spec } from '../../sections.ts';
import { SkippedCheck } from '../../verdicts.ts';

const ERRORS = spec('Error Codes');
/** The codes of the specification, which is a closed list for 4XX answers. */
const CODES: ReadonlySet<string> = new Set([
  ...['BLOB_UNKNOWN', 'BLOB_UPLOAD_INVALID', 'BLOB_UPLOAD_UNKNOWN', 'DENIED', 'DIGEST_INVALID'],
  ...['MANIFEST_BLOB_UNKNOWN', 'MANIFEST_INVALID', 'MANIFEST_UNKNOWN', 'NAME_INVALID', 'NAME_UNKNOWN'],
  ...['SIZE_INVALID', 'TOOMANYREQUESTS', 'UNAUTHORIZED', 'UNSUPPORTED'],
]);

/** Rejections, each with a different reason. */
async function refusals(bench: Bench): Promise<readonly Answer[]> {
  const { repository } = await pushImage(bench);
  return Promise.all([
    bench.get(manifestPath(repository, randomTag()), { headers: ACCEPT }),
    bench.get(manifestPath(repository, unknownDigest()), { headers: ACCEPT }),
    bench.get(blobPath(repository, unknownDigest())),
    bench.get(tagsPath(bench.newRepository())),
    bench.put(manifestPath(repository, randomTag()), {
      headers: { 'content-type': IMAGE_MANIFEST },
      body: Buffer.from('{'),
    }),
  ]);
}

function isJson(answer: Answer): boolean {
  return /^application\/(?:[\w.-]+\+)?json\b/.test(answer.header('content-type') ?? '');
}

/** A check that a rejection has a certain code. */
function codeCheck(given: {
  readonly name: string;
  readonly title: string;
  readonly codes: readonly string[];
  readonly suffers: Check['suffers'];
  readonly ask: (bench: Bench) => Promise<Answer>;
}): Check {
  return {
    id: `errors/${given.name}`,
    title: given.title,
    level: 'SHOULD',
    group: 'errors',
    ...ERRORS,
    suffers: given.suffers,
    needs: ['push'],
    run: async (bench) => {
      const answer = await given.ask(bench);
      expectThat(answer, answer.status >= 400 && answer.status < 500, `the status is ${answer.status}, not 4XX`);
      const codes = expectErrorCodes(answer);
      expectThat(
        answer,
        codes.some((code) => given.codes.includes(code)),
        `the code is ${codes.join(', ')}, not ${given.codes.join(' or ')}`,
      );
    },
  };
}

/** Checks of error answers. */
export const ERROR_CHECKS: readonly Check[] = [
  {
    id: 'errors/json-has-errors',
    title: 'an error whose body is JSON has a list "errors" with codes',
    level: 'MUST',
    group: 'errors',
    ...ERRORS,
    suffers: { clients: ['docker', 'podman', 'oras'], what: 'they show "unknown error" instead of the reason' },
    needs: ['push'],
    run: async (bench) => {
      for (const answer of await refusals(bench)) if (isJson(answer)) expectErrorCodes(answer);
    },
  },
  {
    id: 'errors/are-json',
    title: 'errors have a JSON body, and Content-Type says so',
    level: 'SHOULD',
    group: 'errors',
    ...ERRORS,
    suffers: { clients: ['docker', 'any client'], what: 'they show an HTML page, or nothing, instead of the reason' },
    needs: ['push'],
    run: async (bench) => {
      for (const answer of await refusals(bench)) {
        expectThat(answer, isJson(answer), 'Content-Type is not application/json');
        expectErrorCodes(answer);
      }
    },
  },
  {
    id: 'errors/codes-of-the-list',
    title: 'error codes are those of the specification',
    level: 'MUST',
    group: 'errors',
    ...ERRORS,
    suffers: { clients: ['any client'], what: 'a client cannot tell what is missing from what is broken' },
    needs: ['push'],
    run: async (bench) => {
      for (const answer of await refusals(bench)) {
        if (!isJson(answer)) continue;
        const foreign = expectErrorCodes(answer).find((code) => !CODES.has(code));
        expectThat(answer, foreign === undefined, `the code ${foreign} is not in the specification`);
      }
    },
  },
  {
    id: 'errors/message-is-text',
    title: 'the message of an error, if there is one, is a string',
    level: 'SHOULD',
    group: 'errors',
    ...ERRORS,
    suffers: { clients: ['docker', 'containerd'], what: 'they cannot read the error at all' },
    needs: ['push'],
    run: async (bench) => {
      for (const answer of await refusals(bench)) {
        if (!isJson(answer)) continue;
        const { errors } = answer.json() as { readonly errors: ReadonlyArray<{ readonly message?: unknown }> };
        for (const { message } of errors)
          expectThat(answer, message === undefined || typeof message === 'string', 'a message is not a string');
      }
    },
  },
  codeCheck({
    name: 'manifest-unknown',
    title: 'a manifest that does not exist is MANIFEST_UNKNOWN',
    codes: ['MANIFEST_UNKNOWN'],
    suffers: { clients: ['oras', 'cosign'], what: 'they take a missing manifest for a failure' },
    ask: async (bench) => {
      const { repository } = await pushImage(bench);
      return bench.get(manifestPath(repository, randomTag()), { headers: ACCEPT });
    },
  }),
  codeCheck({
    name: 'blob-unknown',
    title: 'a blob that does not exist is BLOB_UNKNOWN',
    codes: ['BLOB_UNKNOWN'],
    suffers: { clients: ['docker', 'podman'], what: 'they take a missing layer for a failure' },
    ask: async (bench) => {
      const { repository } = await pushImage(bench);
      return bench.get(blobPath(repository, unknownDigest()));
    },
  }),
  codeCheck({
    name: 'name-unknown',
    title: 'a repository that does not exist is NAME_UNKNOWN',
    codes: ['NAME_UNKNOWN'],
    suffers: { clients: ['oras', 'any client'], what: 'a mistyped name is reported as something else' },
    ask: (bench) => bench.get(tagsPath(bench.newRepository())),
  }),
  codeCheck({
    name: 'digest-invalid',
    title: 'a blob that does not match its digest is DIGEST_INVALID',
    codes: ['DIGEST_INVALID'],
    suffers: { clients: ['any client'], what: 'nobody is told that the layer was damaged in transit' },
    ask: async (bench) => {
      const end = { digest: unknownDigest(), rest: randomContent(64).bytes };
      return finishUpload(bench, await beginUpload(bench), end);
    },
  }),
  codeCheck({
    name: 'manifest-invalid',
    title: 'a malformed manifest is MANIFEST_INVALID',
    codes: ['MANIFEST_INVALID'],
    suffers: { clients: ['podman', 'oras'], what: 'they do not try another format of the manifest' },
    ask: async (bench) => {
      const headers = { 'content-type': IMAGE_MANIFEST };
      return bench.put(manifestPath(bench.repository, randomTag()), { headers, body: Buffer.from('{') });
    },
  }),
  codeCheck({
    name: 'upload-unknown',
    title: 'an upload that does not exist is BLOB_UPLOAD_UNKNOWN',
    codes: ['BLOB_UPLOAD_UNKNOWN'],
    suffers: { clients: ['docker', 'any client'], what: 'an expired upload is not restarted' },
    ask: async (bench) => {
      const upload = await beginUpload(bench);
      const cancelled = await bench.delete(upload);
      if (cancelled.status !== 204) throw new SkippedCheck(`an upload cannot be cancelled (${cancelled.status})`);
      return bench.get(upload);
    },
  }),
  {
    id: 'errors/invalid-name',
    title: 'a repository name that breaks the grammar is rejected with 400 or 404',
    level: 'MUST',
    group: 'errors',
    ...spec('Pull'),
    suffers: { clients: ['any client'], what: 'repositories appear that no client can name' },
    run: async (bench) => {
      for (const name of ['Capitals/App', 'a/_b', 'a/b-', 'a..b']) {
        const answer = await bench.post(uploadsPath(name));
        expectThat(answer, [400, 401, 403, 404].includes(answer.status), `the status is ${answer.status}, not 400`);
      }
    },
  },
  {
    id: 'errors/malformed-digest',
    title: 'a pull by a malformed digest is answered with 400 or 404',
    level: 'MUST',
    group: 'errors',
    ...spec('Pulling manifests'),
    suffers: { clients: ['any client'], what: 'a mistyped digest looks like a broken registry' },
    needs: ['push'],
    run: async (bench) => {
      const { repository } = await pushImage(bench);
      for (const path of [manifestPath, blobPath]) {
        const answer = await bench.get(path(repository, 'sha256:totallywrong'), { headers: ACCEPT });
        expectStatus(answer, 400, 404);
      }
    },
  },
  {
    id: 'errors/head-without-body',
    title: 'an error in answer to HEAD has no body',
    level: 'MUST',
    group: 'errors',
    ...rfc(9110, '9.3.2'),
    suffers: { clients: ['any client'], what: 'the next answer on the connection cannot be read' },
    needs: ['push'],
    run: async (bench) => {
      const { repository, tag } = await pushImage(bench);
      const answer = await bench.head(manifestPath(repository, `${tag}-missing`), { headers: ACCEPT });
      expectStatus(answer, 404);
      // This works only if the connection is still in order.
      expectStatus(await bench.head(manifestPath(repository, tag), { headers: ACCEPT }), 200);
    },
  },
  {
    id: 'errors/wrong-method',
    title: 'a method that a path does not support is answered with 405',
    level: 'SHOULD',
    group: 'errors',
    ...rfc(9110, '15.5.6'),
    suffers: { clients: ['any client'], what: 'a client cannot tell what is not supported from what does not exist' },
    run: async (bench) => expectStatus(await bench.post(tagsPath(bench.repository)), 405),
  },
  {
    id: 'errors/wrong-method-allow',
    title: '405 lists the supported methods in Allow',
    level: 'MUST',
    group: 'errors',
    ...rfc(9110, '15.5.6'),
    suffers: { clients: ['any client'], what: 'a client cannot find out what is supported' },
    run: async (bench) => {
      const answer = await bench.post(tagsPath(bench.repository));
      if (answer.status !== 405) throw new SkippedCheck(`a wrong method is answered with ${answer.status}`);
      expectHeader(answer, 'allow');
    },
  },
];
