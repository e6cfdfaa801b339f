import type { ObjectCannedACL, ServerSideEncryption, StorageClass } from '@aws-sdk/client-s3';
import type { S3Options } from './options.ts';

/** What a call that stores an object demands of it. */
export interface StoredSettings extends CustomerKey {
  readonly StorageClass?: StorageClass;
  readonly ACL?: ObjectCannedACL;
  readonly ServerSideEncryption?: ServerSideEncryption;
  readonly SSEKMSKeyId?: string;
}

/** The key that the service encrypts with and does not keep. */
export interface CustomerKey {
  readonly SSECustomerAlgorithm?: string;
  readonly SSECustomerKey?: string;
}

/** The same key, for the source of a copy. */
export interface SourceKey {
  readonly CopySourceSSECustomerAlgorithm?: string;
  readonly CopySourceSSECustomerKey?: string;
}

/** What every call names of the bucket, and what is demanded of the objects that it stores. */
export class ObjectSettings {
  readonly bucket: string;
  readonly #options: S3Options;

  constructor(options: S3Options) {
    this.bucket = options.bucket;
    this.#options = options;
  }

  /** The members of a command about a key. */
  at(key: string): { readonly Bucket: string; readonly Key: string } {
    return { Bucket: this.bucket, Key: key };
  }

  /** The value of `CopySource`. */
  source(key: string): string {
    return `${this.bucket}/${key}`.split('/').map(encodeURIComponent).join('/');
  }

  /** For calls that store an object, or begin to. */
  get stored(): StoredSettings {
    const { storageclass, objectacl, encrypt, keyid } = this.#options;
    return {
      ...(storageclass === 'STANDARD' || storageclass === 'NONE' ? {} : { StorageClass: storageclass }),
      ...(objectacl === 'private' ? {} : { ACL: objectacl }),
      ...(encrypt ? ({ ServerSideEncryption: keyid === undefined ? 'AES256' : 'aws:kms' } as const) : {}),
      ...(encrypt && keyid !== undefined ? { SSEKMSKeyId: keyid } : {}),
      ...this.customerKey,
    };
  }

  /** For calls that read or write bytes of an object. */
  get customerKey(): CustomerKey {
    const { customerkey } = this.#options;
    return customerkey === undefined ? {} : { SSECustomerAlgorithm: 'AES256', SSECustomerKey: customerkey };
  }

  /** For calls that copy from an object. */
  get sourceKey(): SourceKey {
    const { customerkey } = this.#options;
    return customerkey === undefined
      ? {}
      : { CopySourceSSECustomerAlgorithm: 'AES256', CopySourceSSECustomerKey: customerkey };
  }
}
