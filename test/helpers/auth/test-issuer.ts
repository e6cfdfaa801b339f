import type { ServerOptions } from 'node:https';
import type { ExecutionContext } from 'ava';
import { answer, type Script, ScriptedServer } from '../client/scripted-server.ts';
import { AUDIENCE } from './real-provider.ts';
import { type TestAlgorithm, type TestClaims, TokenSigner } from './token-signer.ts';

/** What a hand-made issuer says; a test may change it at any time. */
export interface IssuerState {
  /** Its keys, as JSON Web Keys. */
  keys: readonly unknown[];
  /** What differs in its discovery document. */
  document: Readonly<Record<string, unknown>>;
  /** Answers a request instead, and returns true. */
  instead?: ((...asked: Parameters<Script>) => boolean) | undefined;
}

/** An issuer that is made by hand, for what no provider would do. */
export class TestIssuer {
  readonly issuer: string;
  readonly signer: TokenSigner;
  readonly state: IssuerState;
  readonly #server: ScriptedServer;

  private constructor(server: ScriptedServer, signer: TokenSigner, state: IssuerState) {
    this.#server = server;
    this.issuer = server.address;
    this.signer = signer;
    this.state = state;
  }

  /** Starts an issuer, which is stopped when the test ends. */
  static async start(
    t: ExecutionContext,
    { algorithm = 'ES256', tls }: { readonly algorithm?: TestAlgorithm; readonly tls?: ServerOptions } = {},
  ): Promise<TestIssuer> {
    const signer = await TokenSigner.of(algorithm, { kid: 'first' });
    const state: IssuerState = { keys: [signer.jwk], document: {} };
    const server = await ScriptedServer.start(
      t,
      (request, response) => {
        if (state.instead?.(request, response) === true) return;
        if (request.url === '/keys') answer(response, 200, { keys: state.keys });
        else answer(response, 200, documentOf(server, algorithm, state), { 'Content-Type': 'application/json' });
      },
      tls,
    );
    return new TestIssuer(server, signer, state);
  }

  /** The requests, as `METHOD path`. */
  get asked(): readonly string[] {
    return this.#server.asked;
  }

  /** A valid token of this issuer but for these claims; `undefined` omits one. */
  token(claims: TestClaims = {}, header: Readonly<Record<string, unknown>> = {}): Promise<string> {
    return this.signer.sign({ iss: this.issuer, aud: AUDIENCE, ...claims }, header);
  }
}

function documentOf(
  { address }: ScriptedServer,
  algorithm: TestAlgorithm,
  { document }: IssuerState,
): Readonly<Record<string, unknown>> {
  const algorithms = [algorithm, 'HS256'];
  return {
    issuer: address,
    jwks_uri: `${address}/keys`,
    id_token_signing_alg_values_supported: algorithms,
    ...document,
  };
}
