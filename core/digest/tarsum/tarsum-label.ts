/** The version of a tarsum, as its label has it; empty for v0. */
export type TarsumVersion = '' | 'v1' | 'dev';

/** The parts of a tarsum. */
export interface TarsumLabel {
  /** Empty for v0. */
  readonly version: string;
  readonly algorithm: string;
  readonly hex: string;
}

const LABEL = /^tarsum(?:\.([a-z0-9]+))?\+([A-Za-z0-9]+):([A-Fa-f0-9]+)$/;

/**
 * Parses a tarsum, `tarsum.v1+sha256:…`, whether or not its version and algorithm are known.
 * @returns `undefined` for any other text
 */
export function parseTarsum(text: string): TarsumLabel | undefined {
  const [, version = '', algorithm, hex] = LABEL.exec(text) ?? [];
  return algorithm === undefined || hex === undefined ? undefined : { version, algorithm, hex };
}

/** The text of a tarsum. */
export function formatTarsum({ version, algorithm, hex }: TarsumLabel): string {
  return `${tarsumName(version, algorithm)}:${hex}`;
}

/** The algorithm name of a tarsum: the part before the colon. */
export function tarsumName(version: string, algorithm: string): string {
  return `tarsum${version === '' ? '' : `.${version}`}+${algorithm}`;
}
