import assert from 'node:assert/strict';
import fc from 'fast-check';
import { digestOf, locationOf } from '../../../helpers/http/with-registry.ts';
import type { Model } from './model.ts';
import { type Act, algorithm, body, name, seldom, steps } from './step.ts';
import { begin } from './uploads.ts';

interface Blob {
  readonly name: string;
  readonly body: string;
  readonly algorithm: string;
}
const blob = fc.record({ name, body, algorithm });
const pathOf = (repository: string, digest: string): string => `/v2/${repository}/blobs/${digest}`;

/** One of the blobs of the repository, or any if it has none. */
interface Choice extends Blob {
  readonly pick: number;
}
function digestIn(model: Model, repository: string, { body: content, algorithm: by, pick }: Choice): string {
  const digests = [...model.repository(repository).blobs.keys()];
  return digests[pick % (digests.length + 1)] ?? digestOf(content, by);
}

/** POST with the whole blob. */
export const pushAtOnce =
  (given: Blob & { honest: boolean }): Act =>
  async (model, world) => {
    const digest = digestOf(given.body, given.algorithm);
    const sent = given.honest ? given.body : `${given.body}!`;
    const path = `/v2/${given.name}/blobs/uploads/?digest=${digest}`;
    if (!given.honest) return void (await world.refused(['DIGEST_INVALID'], 'POST', path, { body: sent }));
    const answer = await world.accepted(201, 'POST', path, { body: sent });
    assert.equal(locationOf(answer), pathOf(given.name, digest));
    assert.equal(answer.headers['docker-content-digest'], digest);
    model.addBlob(given.name, Buffer.from(sent), digest);
  };

/** POST with mount and from; a mount that is not possible becomes an upload. */
export const mount =
  (given: Choice & { from: string }): Act =>
  async (model, world) => {
    const digest = digestIn(model, given.from, given);
    const path = `/v2/${given.name}/blobs/uploads/?mount=${digest}&from=${given.from}`;
    const content = model.repository(given.from).blobs.get(digest);
    if (content === undefined) return begin(model, given.name, await world.accepted(202, 'POST', path));
    const answer = await world.accepted(201, 'POST', path);
    assert.equal(locationOf(answer), pathOf(given.name, digest));
    model.addBlob(given.name, content, digest);
  };

/** GET and HEAD of a blob, with conditions. */
export const readBlob =
  (given: Choice & { method: string; known: boolean }): Act =>
  async (model, world) => {
    const digest = digestIn(model, given.name, given);
    const path = pathOf(given.name, digest);
    const content = model.repository(given.name).blobs.get(digest);
    const headers = given.known ? { 'If-None-Match': `W/"x", "${digest}"` } : {};
    if (content === undefined) {
      return void (await world.refused(['BLOB_UNKNOWN'], given.method, path, { headers }));
    }
    const answer = await world.accepted(given.known ? 304 : 200, given.method, path, { headers });
    assert.equal(answer.headers['docker-content-digest'], digest);
    assert.equal(answer.headers.etag, `"${digest}"`);
    if (given.known) return;
    assert.equal(answer.headers['content-length'], String(content.byteLength));
    if (given.method === 'GET') assert.deepEqual(answer.body, content);
  };

/** GET of some bytes of a blob. */
export const readRange =
  (given: Choice & { start: number; length: number }): Act =>
  async (model, world) => {
    const digest = digestIn(model, given.name, given);
    const path = pathOf(given.name, digest);
    const content = model.repository(given.name).blobs.get(digest);
    const last = given.start + given.length - 1;
    const headers = { Range: `bytes=${given.start}-${last}` };
    if (content === undefined) {
      return void (await world.refused(['BLOB_UNKNOWN'], 'GET', path, { headers }));
    }
    if (content.byteLength === 0) return void (await world.accepted(200, 'GET', path, { headers }));
    if (given.start >= content.byteLength) {
      const answer = await world.refused(['RANGE_NOT_SATISFIABLE'], 'GET', path, { headers });
      return assert.equal(answer.headers['content-range'], `bytes */${content.byteLength}`);
    }
    const answer = await world.accepted(206, 'GET', path, { headers });
    const end = Math.min(last, content.byteLength - 1);
    assert.equal(answer.headers['content-range'], `bytes ${given.start}-${end}/${content.byteLength}`);
    assert.deepEqual(answer.body, content.subarray(given.start, end + 1));
  };

export const deleteBlob =
  (given: Choice): Act =>
  async (model, world) => {
    const digest = digestIn(model, given.name, given);
    const path = pathOf(given.name, digest);
    const isThere = model.repository(given.name).blobs.delete(digest);
    if (isThere) await world.accepted(202, 'DELETE', path);
    else await world.refused(['BLOB_UNKNOWN'], 'DELETE', path);
  };

const method = fc.constantFrom('GET', 'HEAD');
const withBlob = <More extends object>(more: { [Key in keyof More]: fc.Arbitrary<More[Key]> }) =>
  fc.tuple(blob, fc.record(more)).map(([each, rest]) => ({ ...each, ...rest }));
const honest = seldom(6).map((isFalse) => !isFalse);
const pick = fc.nat({ max: 4 });

export const blobSteps = [
  steps(withBlob({ honest }), pushAtOnce),
  steps(withBlob({ honest }), pushAtOnce),
  steps(withBlob({ pick, from: name }), mount),
  steps(withBlob({ pick, method, known: seldom(4) }), readBlob),
  steps(withBlob({ pick, start: fc.nat({ max: 11 }), length: fc.integer({ min: 1, max: 12 }) }), readRange),
  steps(withBlob({ pick }), deleteBlob),
];
