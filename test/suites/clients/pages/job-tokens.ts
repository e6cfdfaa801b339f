import type { ExecutionContext } from 'ava';
import { TestIssuer } from '../../../helpers/auth/test-issuer.ts';
import { answer } from '../../../helpers/client/scripted-server.ts';

/** What the service for jobs proves itself with to a runner; a job has it in a variable. */
const REQUEST_TOKEN = 'known to this job only';

/** Gives jobs tokens as GitHub Actions does: at a URL that a job has in a variable, with the audience that it asks for. */
export class JobTokens {
  readonly #issuer: TestIssuer;

  private constructor(issuer: TestIssuer) {
    this.#issuer = issuer;
  }

  /** It ends with the test. */
  static async start(t: ExecutionContext): Promise<JobTokens> {
    const issuer = await TestIssuer.start(t);
    issuer.state.instead = (request, response) => {
      const url = new URL(request.url ?? '', issuer.issuer);
      if (url.pathname !== '/request') return false;
      if (request.headers.authorization !== `Bearer ${REQUEST_TOKEN}`) answer(response, 401);
      else void giveToken(issuer, url.searchParams).then((value) => answer(response, 200, { value }));
      return true;
    };
    return new JobTokens(issuer);
  }

  get issuer(): string {
    return this.#issuer.issuer;
  }

  /** The variables of a job of `example/app` on its main branch, but for these claims. */
  variables(claims: Readonly<Record<string, string>>): Readonly<Record<string, string>> {
    const query = new URLSearchParams({ repository_owner: 'example', ref: 'refs/heads/main', ...claims });
    return {
      ACTIONS_ID_TOKEN_REQUEST_URL: `${this.issuer}/request?${query.toString()}`,
      ACTIONS_ID_TOKEN_REQUEST_TOKEN: REQUEST_TOKEN,
    };
  }
}

/** @param asked the claims, and the audience that the job has added */
function giveToken(issuer: TestIssuer, asked: URLSearchParams): Promise<string> {
  const { audience, ...claims } = Object.fromEntries(asked);
  const repository = `${claims['repository_owner']}/app`;
  return issuer.token({ aud: audience, sub: `repo:${repository}:ref:${claims['ref']}`, repository, ...claims });
}
