import type { Answer } from '../../bench/answer.ts';
import { manifestPath, PING, uploadsPath } from '../../bench/paths.ts';
import type { Check } from '../../check.ts';
import { expectChallenge, refusedPing, refusedPull, refusedPush } from '../../content/challenges.ts';
import { randomTag } from '../../content/content.ts';
import { ACCEPT } from '../../content/manifests.ts';
import { expectErrorCodes, expectStatus, expectThat } from '../../expect.ts';
import { rfc, TOKENS } from '../../sections.ts';
import { SkippedCheck } from '../../verdicts.ts';

/** @throws CheckFailure unless the challenge requests a token for these actions; SkippedCheck for passwords */
function expectScope(answer: Answer, repository: string, actions: readonly string[]): void {
  const challenge = expectChallenge(answer);
  if (challenge.kind === 'basic') throw new SkippedCheck('the registry asks for passwords, not for tokens');
  const allowed = challenge.scopes.flatMap((scope) => {
    const [, name, list = ''] = /^repository:(.*):([^:]*)$/.exec(scope) ?? [];
    return name === repository ? list.split(',') : [];
  });
  const missing = actions.filter((action) => !allowed.includes(action));
  expectThat(answer, missing.length === 0, `the scope is ${JSON.stringify(challenge.scopes.join(' '))}`);
}

/** Checks of authentication challenges. */
export const CHALLENGES: readonly Check[] = [
  {
    id: 'auth/anonymous-is-401',
    title: 'a request without credentials that needs them is answered with 401, and not by 403',
    level: 'SHOULD',
    group: 'auth',
    ...rfc(9110, '15.5.2'),
    suffers: { clients: ['docker', 'podman', 'containerd'], what: 'a client that has a password does not send it' },
    run: async (bench) => {
      const anonymous = { headers: ACCEPT, isAnonymous: true };
      const answers = [
        await bench.get(PING, anonymous),
        await bench.get(manifestPath(bench.repository, randomTag()), anonymous),
        await bench.post(uploadsPath(bench.repository), { isAnonymous: true }),
      ];
      for (const answer of answers) expectThat(answer, answer.status !== 403, 'the status is 403, not 401');
      if (answers.every(({ status }) => status !== 401))
        throw new SkippedCheck('the registry lets anybody do everything');
    },
  },
  {
    id: 'auth/challenge',
    title: '401 comes with a Basic or Bearer challenge in WWW-Authenticate',
    level: 'MUST',
    group: 'auth',
    ...rfc(9110, '15.5.2'),
    suffers: { clients: ['docker', 'podman', 'containerd'], what: 'a client that has a password does not send it' },
    run: async (bench) => void expectChallenge(await refusedPing(bench)),
  },
  {
    id: 'auth/realm',
    title: 'a Bearer challenge has the URL of the token server in realm, and a service',
    level: 'MUST',
    group: 'auth',
    ...TOKENS,
    suffers: { clients: ['docker', 'podman', 'cosign'], what: 'they cannot get a token' },
    run: async (bench) => {
      const answer = await refusedPing(bench);
      const challenge = expectChallenge(answer);
      if (challenge.kind === 'basic') throw new SkippedCheck('the registry asks for passwords, not for tokens');
      const { realm, service } = challenge;
      const isUrl = URL.canParse(realm) && /^https?:$/.test(new URL(realm).protocol);
      expectThat(answer, isUrl, `realm is ${JSON.stringify(realm)}, which is not a URL`);
      expectThat(answer, service !== undefined, 'the challenge has no service');
    },
  },
  {
    id: 'auth/scope-of-pull',
    title: 'the challenge of a pull requests a token for pulling from the repository',
    level: 'MUST',
    group: 'auth',
    ...TOKENS,
    suffers: { clients: ['containerd', 'oras'], what: 'they get a token that allows nothing, and the pull fails' },
    run: async (bench) => expectScope(await refusedPull(bench), bench.repository, ['pull']),
  },
  {
    id: 'auth/scope-of-push',
    title: 'the challenge of a push requests a token for pulling from the repository and pushing to it',
    level: 'MUST',
    group: 'auth',
    ...TOKENS,
    suffers: {
      clients: ['containerd', 'buildkit'],
      what: 'they get a token that allows too little, and the push fails',
    },
    run: async (bench) => expectScope(await refusedPush(bench), bench.repository, ['pull', 'push']),
  },
  {
    id: 'auth/head',
    title: 'HEAD without credentials is answered with 401 with a challenge, and without a body',
    level: 'MUST',
    group: 'auth',
    ...rfc(9110, '9.3.2'),
    suffers: {
      clients: ['containerd', 'cosign'],
      what: 'they begin with HEAD, and conclude that the image is missing',
    },
    run: async (bench) => {
      const answer = await refusedPull(bench, 'HEAD');
      expectChallenge(answer);
      expectThat(answer, answer.body.byteLength === 0, 'there is a body');
    },
  },
  {
    id: 'auth/error-body',
    title: '401 has the code UNAUTHORIZED in its body',
    level: 'SHOULD',
    group: 'auth',
    ...TOKENS,
    suffers: { clients: ['docker', 'any client'], what: 'users are not told that they must log in' },
    run: async (bench) => {
      const answer = await refusedPull(bench);
      const codes = expectErrorCodes(answer);
      expectThat(answer, codes.includes('UNAUTHORIZED'), `the code is ${codes.join(', ')}, not UNAUTHORIZED`);
    },
  },
  {
    id: 'auth/ping-asks',
    title: 'GET /v2/ without credentials is answered with 401 if a push needs them',
    level: 'SHOULD',
    group: 'auth',
    ...TOKENS,
    suffers: { clients: ['docker'], what: 'only this answer tells it how to log in, so its pushes are refused' },
    run: async (bench) => {
      await refusedPush(bench);
      expectStatus(await bench.get(PING, { isAnonymous: true }), 401);
    },
  },
];
