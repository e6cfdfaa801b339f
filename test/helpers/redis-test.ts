import { execFileSync } from 'node:child_process';
import ava, { type ExecutionContext } from 'ava';

/** Declares one test. */
export type RedisTest = (title: string, implementation: (t: ExecutionContext) => Promise<unknown>) => void;

/** The Debian package of each program. */
const PACKAGES = {
  'redis-server': 'redis-server',
  'redis-cli': 'redis-tools',
  openssl: 'openssl',
} as const;

/**
 * Declares tests that need Redis. Where one of the programs is missing they are all skipped, and one line says so.
 * @param what what is tested, for that line
 */
export function testsWithRedis(what: string, ...others: (keyof typeof PACKAGES)[]): RedisTest {
  const missing = (['redis-server', ...others] as const).filter((program) => !isInstalled(program));
  let skipped = 0;
  return (title, implementation) => {
    if (missing.length === 0) {
      ava(title, implementation);
      return;
    }
    ava.skip(title, implementation);
    skipped += 1;
    // By then the file has declared all of its tests.
    if (skipped === 1) {
      const how = `apt-get install ${missing.map((program) => PACKAGES[program]).join(' ')}`;
      queueMicrotask(() => {
        process.stderr.write(`!!! SKIPPED all ${skipped} tests of ${what} with Redis. To run them: ${how}\n`);
      });
    }
  };
}

function isInstalled(program: string): boolean {
  try {
    execFileSync(program, [program === 'openssl' ? 'version' : '--version'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}
