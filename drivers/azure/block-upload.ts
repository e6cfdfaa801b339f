import { createHash } from 'node:crypto';
import { DriverError } from '../../core/driver/index.ts';
import {
  hasStatus,
  type LastPart,
  type ObjectInfo,
  type ObjectUpload,
  type UploadPart,
} from '../object-store/index.ts';
import { headersOf, infoOf } from './blob-info.ts';
import type { BlobService } from './blob-service.ts';
import { type Block, blockOf, chainOf, parseBlockId } from './block-ids.ts';
import { elementsOf, parseXml, textAt } from './xml.ts';

/** What an upload works with. */
export interface BlockUploadDependencies {
  readonly service: BlobService;
  readonly key: string;
  readonly find: () => Promise<ObjectInfo | undefined>;
  readonly drop: () => Promise<void>;
  /** Whether this process has begun it, and so knows all blocks. */
  readonly isNew: boolean;
}

/** Names the form of the ids of blocks; nothing else is needed to continue an upload. */
export const UPLOAD_TOKEN = 'blocks-1';

/**
 * An upload as uncommitted blocks of a blob (https://learn.microsoft.com/rest/api/storageservices/put-block), which the
 * service keeps for a week. Their ids say which bytes they are, so any process can continue with the list of them. The
 * blob comes into being once, by a list of blocks on the condition that there is none yet: whoever commits first excludes
 * all others.
 */
export class BlockUpload implements ObjectUpload {
  readonly key: string;
  readonly token = UPLOAD_TOKEN;
  readonly #dependencies: BlockUploadDependencies;
  /** Those that this process has sent. */
  #sent: Block[] = [];
  /** The offset from which on it has sent all blocks itself. */
  #knownFrom: number;

  constructor(dependencies: BlockUploadDependencies) {
    this.key = dependencies.key;
    this.#dependencies = dependencies;
    this.#knownFrom = dependencies.isNew ? 0 : Infinity;
  }

  async part({ chunks, start }: UploadPart): Promise<void> {
    const block = blockOf(start, bytesOf(chunks));
    await this.#dependencies.service.call({
      method: 'PUT',
      key: this.key,
      query: { comp: 'block', blockid: block.id },
      headers: { 'content-md5': md5Of(chunks) },
      body: chunks,
    });
    this.#sent = [...this.#sent.filter((other) => other.start < start), block];
    this.#knownFrom = Math.min(this.#knownFrom, start);
  }

  async complete(last: LastPart): Promise<ObjectInfo> {
    const { chunks, start, crc32c } = last;
    const end = start + bytesOf(chunks);
    if (end > start) await this.part(last);
    const committed = await this.#commit(end, crc32c);
    if (committed !== undefined) return committed;
    // The answer of an earlier attempt may have been lost.
    const found = await this.#dependencies.find();
    if (found === undefined) throw gone(this.key);
    const isOurs = found.size === end && (crc32c === undefined || found.crc32c === crc32c);
    if (!isOurs) throw new DriverError('conflict', { cause: new Error(`another request has ended ${this.key}`) });
    return found;
  }

  async end(bytes: number): Promise<ObjectInfo> {
    const ended = (await this.#commit(bytes, undefined)) ?? (await this.#dependencies.find());
    if (ended === undefined) throw gone(this.key);
    return ended;
  }

  /** Takes the key, which drops all blocks, and gives it back. */
  async abort(): Promise<void> {
    const { service, drop } = this.#dependencies;
    await service.call({ method: 'PUT', key: this.key, headers: { 'x-ms-blob-type': 'BlockBlob' } });
    await drop();
  }

  /**
   * Makes a blob of the first `end` bytes.
   * @returns `undefined` when there is a blob already, or bytes are missing
   */
  async #commit(end: number, crc32c: number | undefined): Promise<ObjectInfo | undefined> {
    const chain = chainOf(await this.#blocks(), end);
    if (chain === undefined) return undefined;
    const list = chain.map(({ id }) => `<Latest>${id}</Latest>`).join('');
    const stored = headersOf({ crc32c });
    const headers = { ...stored, 'if-none-match': '*' };
    try {
      const answer = await this.#dependencies.service.call({
        method: 'PUT',
        key: this.key,
        query: { comp: 'blocklist' },
        headers,
        body: [Buffer.from(`<?xml version="1.0" encoding="utf-8"?><BlockList>${list}</BlockList>`)],
      });
      return {
        ...infoOf(this.key, { ...answer.headers, 'content-type': stored['x-ms-blob-content-type'] }),
        size: end,
        crc32c,
      };
    } catch (error) {
      // 400: another process committed or dropped the blocks.
      if (hasStatus(error, 400, 404, 412)) return undefined;
      throw error;
    }
  }

  /** The blocks that this process has sent, and before them those that the service has. */
  async #blocks(): Promise<readonly Block[]> {
    if (this.#knownFrom === 0) return this.#sent;
    const query = { comp: 'blocklist', blocklisttype: 'uncommitted' };
    const answer = await this.#dependencies.service.call({ method: 'GET', key: this.key, query }, 404);
    if (answer.status === 404) return this.#sent;
    const listed = elementsOf(parseXml(answer.body), 'UncommittedBlocks', 'Block')
      .map((block) => parseBlockId(textAt(block, 'Name')))
      .filter((block) => block !== undefined);
    return [...listed.filter(({ start, bytes }) => start + bytes <= this.#knownFrom), ...this.#sent];
  }
}

function bytesOf(chunks: readonly Uint8Array[]): number {
  return chunks.reduce((sum, chunk) => sum + chunk.byteLength, 0);
}

/** The MD5 of all chunks together, in base64: the service refuses other bytes. */
export function md5Of(chunks: readonly Uint8Array[]): string {
  const md5 = createHash('md5');
  for (const chunk of chunks) md5.update(chunk);
  return md5.digest('base64');
}

function gone(key: string): DriverError {
  const reason = 'the service no longer has all parts of the upload: it drops them after a week';
  return new DriverError('not-found', { cause: new Error(`${reason}, or another request has ended it (${key})`) });
}
