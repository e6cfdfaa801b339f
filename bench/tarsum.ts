// Compares tarsums with sha256 of the same bytes. Run: node dist/bench/tarsum.js
import { Digester } from '../core/digest/digester.ts';

const CHUNK_BYTES = 64 * 1024;
const ROUNDS = 9;
/** As many large and small files as a layer of a distribution has, about. */
const LAYER = Buffer.concat([...files({ count: 40, bytes: 6_000_000 }), ...files({ count: 5000, bytes: 4000 })]);

const rounds = Array.from({ length: ROUNDS }, () => {
  const [sha256, tarsum] = ['sha256', 'tarsum.v1+sha256'].map((algorithm) => secondsFor(algorithm)) as [number, number];
  return { sha256, tarsum, ratio: sha256 / tarsum };
});
const median = (values: number[]): number => values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] as number;
const speed = (seconds: number): string => `${Math.round(LAYER.byteLength / 1e6 / seconds)} MB/s`;
process.stdout.write(
  `${Math.round(LAYER.byteLength / 1e6)} MB, medians of ${ROUNDS} rounds, processor time\n` +
    `sha256: ${speed(median(rounds.map(({ sha256 }) => sha256)))}\n` +
    `tarsum.v1+sha256: ${speed(median(rounds.map(({ tarsum }) => tarsum)))}, ` +
    `${median(rounds.map(({ ratio }) => ratio)).toFixed(2)} of the speed of sha256 (target 0.6)\n` +
    `memory for the sums of ${5040} entries: ${Math.round(stateBytes() / 1e3)} KB\n`,
);

/** Entries of a ustar archive. */
function files({ count, bytes }: { readonly count: number; readonly bytes: number }): Buffer[] {
  return Array.from({ length: count }, (_, index) => {
    const entry = Buffer.alloc(512 * (1 + Math.ceil(bytes / 512)), index, 'latin1');
    entry.fill(0, 0, 512);
    const texts = { 0: `usr/${bytes}/${index}`, 124: bytes.toString(8).padStart(11, '0'), 156: '0', 257: 'ustar' };
    for (const [at, text] of Object.entries({ ...texts, 148: ' '.repeat(8), 263: '00', 265: 'root', 297: 'root' })) {
      entry.write(text, Number(at), 'latin1');
    }
    const sum = entry.subarray(0, 512).reduce((total, byte) => total + byte, 0);
    entry.write(`${sum.toString(8).padStart(6, '0')}\x00 `, 148, 'latin1');
    return entry;
  });
}

function secondsFor(algorithm: string): number {
  const before = process.cpuUsage();
  hashed(algorithm).digest();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1e6;
}

function stateBytes(): number {
  return hashed('tarsum.v1+sha256').save()?.byteLength ?? Number.NaN;
}

function hashed(algorithm: string): Digester {
  const digester = new Digester(algorithm);
  for (let at = 0; at < LAYER.byteLength; at += CHUNK_BYTES) digester.update(LAYER.subarray(at, at + CHUNK_BYTES));
  return digester;
}
