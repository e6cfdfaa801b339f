import type { ConnectionRequest } from '../client/connection-request.ts';
import type { TransferRequest } from '../transfers/transfer-request.ts';
import { UsageError } from '../usage-error.ts';

const MAX_WINDOW = 64;
const MAX_RETRIES = 1000;
const PLATFORM = /^([a-z0-9]+)\/([a-z0-9_]+)(?:\/([a-z0-9.]+))?$/;
const INDEX_MODES = ['image', 'sparse', 'rewrite'] as const;

interface ConnectionValues {
  readonly 'plain-http'?: boolean | undefined;
  readonly insecure?: readonly string[] | undefined;
  readonly 'ca-file'?: string | undefined;
  readonly 'cert-file'?: string | undefined;
  readonly 'key-file'?: string | undefined;
  readonly authfile?: string | undefined;
}

interface TransferValues extends ConnectionValues {
  readonly 'dry-run'?: boolean | undefined;
  readonly platform?: readonly string[] | undefined;
  readonly index?: string | undefined;
  readonly referrers?: boolean | undefined;
  readonly window?: string | undefined;
  readonly retries?: string | undefined;
  readonly quiet?: boolean | undefined;
  readonly json?: boolean | undefined;
}

/**
 * How a registry is reached, as the options say.
 * @throws UsageError
 */
export function givenConnection(values: ConnectionValues): ConnectionRequest {
  const { insecure = [], authfile: authFile } = values;
  const { 'ca-file': caFile, 'cert-file': certFile, 'key-file': keyFile } = values;
  if ((certFile === undefined) !== (keyFile === undefined))
    throw new UsageError('--cert-file and --key-file go together');
  return { plainHttp: values['plain-http'] ?? false, insecure, caFile, certFile, keyFile, authFile };
}

/**
 * How images are moved, as the options say.
 * @throws UsageError
 */
export function givenTransfer(values: TransferValues): TransferRequest {
  const { referrers = false, quiet = false, json = false, platform = [] } = values;
  const index = INDEX_MODES.find((mode) => mode === values.index);
  if (values.index !== undefined && index === undefined)
    throw new UsageError(`--index takes image, sparse or rewrite, not ${JSON.stringify(values.index)}`);
  if (index !== undefined && platform.length === 0) throw new UsageError('--index goes with --platform');
  if (index === 'image' && platform.length > 1) throw new UsageError('--index image goes with one --platform');
  return {
    connection: givenConnection(values),
    dryRun: values['dry-run'] ?? false,
    platforms: platform.map(givenPlatform),
    index,
    referrers,
    window: givenNumber('window', values.window, { min: 1, max: MAX_WINDOW }),
    retries: givenNumber('retries', values.retries, { min: 0, max: MAX_RETRIES }),
    output: json ? 'json' : quiet ? 'quiet' : 'progress',
  };
}

/**
 * A platform as it is typed: `linux/arm/v7`.
 * @throws UsageError
 */
export function givenPlatform(text: string): TransferRequest['platforms'][number] {
  const [, os, architecture, variant] = PLATFORM.exec(text) ?? [];
  if (os !== undefined && architecture !== undefined) return { os, architecture, variant };
  throw new UsageError(`--platform takes os/arch or os/arch/variant such as linux/arm64, not ${JSON.stringify(text)}`);
}

/**
 * A whole number as it is typed.
 * @throws UsageError
 */
export function givenNumber(
  option: string,
  text: string | undefined,
  { min, max }: { readonly min: number; readonly max: number },
): number | undefined {
  if (text === undefined) return undefined;
  const value = Number(text);
  if (/^\d+$/.test(text) && value >= min && value <= max) return value;
  throw new UsageError(`--${option} takes a whole number from ${min} to ${max}, not ${JSON.stringify(text)}`);
}
