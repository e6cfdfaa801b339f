import assert from 'node:assert/strict';
import fc from 'fast-check';
import { digestOf, locationOf } from '../../helpers/with-registry.ts';
import type { Model } from './model.ts';
import { type Act, algorithm, body, name, steps } from './step.ts';
import { begin } from './uploads.ts';

interface Blob {
  readonly name: string;
  readonly body: string;
  readonly algorithm: string;
}
const blob = fc.record({ name, body, algorithm });
const pathOf = (each: Blob): string => `/v2/${each.name}/blobs/${digestOf(each.body, each.algorithm)}`;
const contentOf = (model: Model, each: Blob): Buffer | undefined =>
  model.repository(each.name).blobs.get(digestOf(each.body, each.algorithm));

/** POST with the whole blob. */
export const pushAtOnce =
  (given: Blob & { honest: boolean }): Act =>
  async (model, world) => {
    const digest = digestOf(given.body, given.algorithm);
    const sent = given.honest ? given.body : `${given.body}!`;
    const path = `/v2/${given.name}/blobs/uploads/?digest=${digest}`;
    if (!given.honest) return void (await world.refused(['DIGEST_INVALID'], 'POST', path, { body: sent }));
    const answer = await world.accepted(201, 'POST', path, { body: sent });
    assert.equal(locationOf(answer), pathOf(given));
    assert.equal(answer.headers['docker-content-digest'], digest);
    model.addBlob(given.name, Buffer.from(sent), digest);
  };

/** POST with mount and from; what cannot be mounted becomes an upload. */
export const mount =
  (given: Blob & { from: string }): Act =>
  async (model, world) => {
    const digest = digestOf(given.body, given.algorithm);
    const path = `/v2/${given.name}/blobs/uploads/?mount=${digest}&from=${given.from}`;
    const content = model.repository(given.from).blobs.get(digest);
    if (content === undefined) return begin(model, given.name, await world.accepted(202, 'POST', path));
    const answer = await world.accepted(201, 'POST', path);
    assert.equal(locationOf(answer), pathOf(given));
    model.addBlob(given.name, content, digest);
  };

/** GET and HEAD of a blob, with conditions. */
export const readBlob =
  (given: Blob & { method: string; known: boolean }): Act =>
  async (model, world) => {
    const content = contentOf(model, given);
    const digest = digestOf(given.body, given.algorithm);
    const headers = given.known ? { 'If-None-Match': `W/"x", "${digest}"` } : {};
    if (content === undefined) {
      return void (await world.refused(['BLOB_UNKNOWN'], given.method, pathOf(given), { headers }));
    }
    const answer = await world.accepted(given.known ? 304 : 200, given.method, pathOf(given), { headers });
    assert.equal(answer.headers['docker-content-digest'], digest);
    assert.equal(answer.headers.etag, `"${digest}"`);
    if (given.known) return;
    assert.equal(answer.headers['content-length'], String(content.byteLength));
    if (given.method === 'GET') assert.deepEqual(answer.body, content);
  };

/** GET of some bytes of a blob. */
export const readRange =
  (given: Blob & { start: number; length: number }): Act =>
  async (model, world) => {
    const content = contentOf(model, given);
    const last = given.start + given.length - 1;
    const headers = { Range: `bytes=${given.start}-${last}` };
    if (content === undefined) {
      return void (await world.refused(['BLOB_UNKNOWN'], 'GET', pathOf(given), { headers }));
    }
    if (given.start >= content.byteLength || given.length === 0) {
      const answer = await world.refused(['RANGE_NOT_SATISFIABLE'], 'GET', pathOf(given), { headers });
      return assert.equal(answer.headers['content-range'], `bytes */${content.byteLength}`);
    }
    const answer = await world.accepted(206, 'GET', pathOf(given), { headers });
    const end = Math.min(last, content.byteLength - 1);
    assert.equal(answer.headers['content-range'], `bytes ${given.start}-${end}/${content.byteLength}`);
    assert.deepEqual(answer.body, content.subarray(given.start, end + 1));
  };

export const deleteBlob =
  (given: Blob): Act =>
  async (model, world) => {
    const isThere = model.repository(given.name).blobs.delete(digestOf(given.body, given.algorithm));
    if (isThere) await world.accepted(202, 'DELETE', pathOf(given));
    else await world.refused(['BLOB_UNKNOWN'], 'DELETE', pathOf(given));
  };

const method = fc.constantFrom('GET', 'HEAD');
const withBlob = <More extends object>(more: { [Key in keyof More]: fc.Arbitrary<More[Key]> }) =>
  fc.tuple(blob, fc.record(more)).map(([each, rest]) => ({ ...each, ...rest }));
const honest = fc.nat({ max: 4 }).map((chance) => chance > 0);

export const blobSteps = [
  steps(withBlob({ honest }), pushAtOnce),
  steps(withBlob({ honest }), pushAtOnce),
  steps(withBlob({ from: name }), mount),
  steps(withBlob({ method, known: fc.boolean() }), readBlob),
  steps(withBlob({ start: fc.nat({ max: 12 }), length: fc.nat({ max: 12 }) }), readRange),
  steps(blob, deleteBlob),
];
