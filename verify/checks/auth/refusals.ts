import { manifestPath, PING, uploadsPath } from '../../bench/paths.ts';
import type { Check } from '../../check.ts';
import { expectChallenge, refusedPing, refusedPull, refusedPush } from '../../content/challenges.ts';
import { OCTETS } from '../../content/chunks.ts';
import { randomContent, randomTag } from '../../content/content.ts';
import { ACCEPT } from '../../content/manifests.ts';
import { beginUpload, pushImage } from '../../content/set-up.ts';
import { expectStatus, expectThat } from '../../expect.ts';
import { rfc, TOKENS } from '../../sections.ts';
import { SkippedCheck } from '../../verdicts.ts';

const NEEDED = rfc(9110, '15.5.2');

function basic(text: string): { readonly authorization: string } {
  return { authorization: `Basic ${Buffer.from(text).toString('base64')}` };
}

/** Checks of rejected access. */
export const REFUSALS: readonly Check[] = [
  {
    id: 'auth/wrong-password',
    title: 'a wrong password is answered with 401 with a challenge',
    level: 'MUST',
    group: 'auth',
    ...NEEDED,
    suffers: { clients: ['docker', 'podman', 'helm'], what: 'a login with a wrong password seems to have worked' },
    run: async (bench) => {
      await refusedPing(bench);
      const headers = basic(`${randomTag('nobody')}:${randomTag()}`);
      const answer = await bench.get(PING, { headers, isAnonymous: true });
      expectStatus(answer, 401);
      expectChallenge(answer);
    },
  },
  {
    id: 'auth/senseless-credentials',
    title: 'malformed credentials are answered with 400 or 401',
    level: 'SHOULD',
    group: 'auth',
    ...NEEDED,
    suffers: { clients: ['any client'], what: 'a client with a damaged token sees a broken registry, or is admitted' },
    run: async (bench) => {
      await refusedPing(bench);
      for (const authorization of [
        'Bearer a.b.c',
        'Bearer',
        'Basic ###',
        'Basic bm9jb2xvbg==',
        'Unknown x',
        'Bearer ..',
      ])
        expectStatus(await bench.get(PING, { headers: { authorization }, isAnonymous: true }), 400, 401);
    },
  },
  {
    id: 'auth/unknown-repository-alike',
    title: 'a pull without credentials gets the same answer whether or not the repository exists',
    level: 'SHOULD',
    group: 'auth',
    ...NEEDED,
    suffers: { clients: ['any client'], what: 'anybody can find out which private images exist' },
    needs: ['push'],
    run: async (bench) => {
      await refusedPull(bench);
      const { repository, tag } = await pushImage(bench);
      for (const name of [repository, bench.newRepository()])
        expectStatus(await bench.get(manifestPath(name, tag), { headers: ACCEPT, isAnonymous: true }), 401);
    },
  },
  {
    id: 'auth/upload-is-guarded',
    title: 'the URL of an upload does not work for a client without credentials',
    level: 'SHOULD',
    group: 'auth',
    ...NEEDED,
    suffers: { clients: ['any client'], what: 'anybody who reads a log can add bytes to the layers of others' },
    needs: ['push'],
    run: async (bench) => {
      await refusedPush(bench);
      const upload = await beginUpload(bench);
      if (new URL(upload).host !== (await bench.origin()).host)
        throw new SkippedCheck('uploads go to another host, with signed URLs');
      const { bytes } = randomContent(64);
      expectStatus(await bench.patch(upload, { headers: OCTETS, body: bytes, isAnonymous: true }), 401);
      expectStatus(await bench.delete(upload, { isAnonymous: true }), 401);
    },
  },
  {
    id: 'auth/delete-is-guarded',
    title: 'DELETE without credentials is answered with 401, and deletes nothing',
    level: 'MUST',
    group: 'auth',
    ...NEEDED,
    suffers: { clients: ['any client'], what: 'anybody can delete images' },
    needs: ['push'],
    run: async (bench) => {
      await refusedPush(bench);
      const { repository, digest } = await pushImage(bench);
      const path = manifestPath(repository, digest);
      expectStatus(await bench.delete(path, { isAnonymous: true }), 401);
      expectStatus(await bench.get(path, { headers: ACCEPT }), 200);
    },
  },
  {
    id: 'auth/weak-token-refused',
    title: 'a push with a token for pulling only is answered with 401 and a challenge, or with 403',
    level: 'MUST',
    group: 'auth',
    ...TOKENS,
    suffers: {
      clients: ['containerd', 'any client'],
      what: 'they do not request a better token, or push without permission',
    },
    run: async (bench) => {
      const refused = await refusedPush(bench);
      const challenge = expectChallenge(refused);
      if (challenge.kind === 'basic') throw new SkippedCheck('the registry asks for passwords, not for tokens');
      const url = new URL(challenge.realm);
      url.searchParams.set('service', challenge.service ?? '');
      url.searchParams.set('scope', `repository:${bench.repository}:pull`);
      const given = await bench.get(url.href, { isAnonymous: true });
      if (given.status !== 200) throw new SkippedCheck(`nobody gets a token without credentials: ${given.status}`);
      const { token, access_token: other } = given.json() as Readonly<Record<string, unknown>>;
      const headers = { authorization: `Bearer ${String(token ?? other)}` };
      const answer = await bench.post(uploadsPath(bench.repository), { headers, isAnonymous: true });
      expectStatus(answer, 401, 403);
      if (answer.status === 401)
        expectThat(answer, answer.header('www-authenticate') !== undefined, 'there is no challenge');
    },
  },
];
