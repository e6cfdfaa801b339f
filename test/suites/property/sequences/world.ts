import assert from 'node:assert/strict';
import type { Agent } from 'node:http';
import { parseErrorBody } from '../../../../core/api/error-body.ts';
import { ERROR_DESCRIPTORS, type ErrorDescriptor } from '../../../../core/api/error-descriptors.ts';
import type { RegistryErrorCode } from '../../../../core/model/errors.ts';
import type { Answer, Ask } from '../../../helpers/http/http-request.ts';
import type { Registry } from '../../../helpers/http/with-registry.ts';

/** The registry that is compared with the model. */
export class World {
  readonly #registry: Registry;
  readonly #agent: Agent;

  constructor(registry: Registry, agent: Agent) {
    this.#registry = registry;
    this.#agent = agent;
  }

  async ask(method: string, path: string, options: Ask = {}): Promise<Answer> {
    const answer = await this.#registry.ask(method, path, { agent: this.#agent, ...options });
    assert.ok(answer.headers['x-request-id'], `${method} ${path} has an id`);
    assert.equal(answer.headers['docker-distribution-api-version'], 'registry/2.0');
    if (method === 'HEAD') assert.equal(answer.text, '');
    return answer;
  }

  /** Asks, and expects errors with exactly these codes; their status is that of the first. */
  async refused(codes: readonly RegistryErrorCode[], method: string, path: string, options: Ask = {}): Promise<Answer> {
    const answer = await this.ask(method, path, options);
    const expected = codes.map((code): ErrorDescriptor => ERROR_DESCRIPTORS[code]);
    const label = `${method} ${path}: ${answer.status} ${answer.text}`;
    assert.equal(answer.status, expected[0]?.status, label);
    if (method === 'HEAD') return answer;
    assert.deepEqual(
      parseErrorBody(answer.text).map(({ code, message }) => `${code}: ${message}`),
      expected.map(({ value, message }) => `${value}: ${message}`),
      label,
    );
    return answer;
  }

  /** Asks, and expects success. */
  async accepted(status: number, method: string, path: string, options: Ask = {}): Promise<Answer> {
    const answer = await this.ask(method, path, options);
    assert.equal(answer.status, status, `${method} ${path}: ${answer.status} ${answer.text}`);
    return answer;
  }
}
