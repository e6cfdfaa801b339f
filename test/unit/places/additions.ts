/** A change of one file of the repository. */
interface Edit {
  readonly file: string;
  /** The text after which `insert` goes: absent for a new file, empty for the beginning of the file. */
  readonly after?: string;
  readonly insert: string;
}

/** One more of everything that is often added, as its author would write it, and nothing else. */
export const ADDITIONS = {
  'plugin kind': [
    {
      file: 'core/ports/greeter.ts',
      insert: `
        export const GREETER: unique symbol = Symbol.for('stowage/Greeter');
        export interface Greeter { greet(): string }`,
    },
    {
      file: 'core/ports/index.ts',
      after: '',
      insert: "import type { GREETER, Greeter } from './greeter.ts';\nexport * from './greeter.ts';\n",
    },
    {
      file: 'core/ports/index.ts',
      after: 'export interface PluginKinds {',
      insert: '\n  readonly greeter: { readonly token: typeof GREETER; readonly port: Greeter };',
    },
    {
      file: 'plugins/kinds/greeter.ts',
      insert: `
        import { GREETER } from '../../core/di.ts';
        import { type KindContract, methods, missingMembers } from './kind-contract.ts';
        export const greeter: KindContract = {
          kind: 'greeter', token: GREETER, tokenName: 'GREETER', noun: 'greeter', prefix: 'stowage-greeter-',
          allows: 'many', keys: ['greeters', 'greetings'], builtIn: {},
          problems: (port) => missingMembers('greeter', port, methods('greet')),
        };`,
    },
    { file: 'plugins/kinds/index.ts', after: '', insert: "import { greeter } from './greeter.ts';\n" },
    {
      file: 'plugins/kinds/index.ts',
      after: 'export const KINDS: Readonly<Record<PluginKind, KindContract>> = {',
      insert: '\n  greeter,',
    },
  ],
  driver: [
    {
      file: 'drivers/dummy/index.ts',
      insert: `
        import memory from '../memory/index.ts';
        export default { ...memory, name: 'dummy' };`,
    },
    {
      file: 'drivers/builtin-drivers.ts',
      after: 'export const BUILTIN_DRIVERS: readonly BuiltinDriver[] = [',
      insert: `
        {
          name: 'dummy', summary: 'nowhere', packages: [],
          load: () => import('./dummy/index.ts'),
          sample: async () => (await import('./dummy/index.ts')).default.create({}, sampleContext('.')),
        },`,
    },
    { file: 'docs/drivers/dummy.md', insert: '# Dummy\n' },
  ],
  'mark reloads': [
    {
      file: 'server/config/sections/list-sizes.ts',
      after: 'maxentries: setting(integer(), {',
      insert: '\n    reloads: true,',
    },
  ],
  command: [
    {
      file: 'cli/commands/greet.ts',
      insert: `
        import { defineCommand } from '../command.ts';
        import type { GreetRequest } from '../greet/say-hello.ts';
        export const greet = defineCommand({
          name: 'greet', group: 'shell', summary: 'say hello', options: {},
          arguments: { name: { description: 'who is greeted', presence: 'optional' } },
          parse: ({ args: { name: who = 'you' } }): GreetRequest => ({ kind: 'greet', who }),
          load: () => import('../greet/say-hello.ts'),
        });`,
    },
    {
      file: 'cli/greet/say-hello.ts',
      insert: `
        import type { Program } from '../command.ts';
        export interface GreetRequest { readonly kind: 'greet'; readonly who: string }
        export async function run({ who }: GreetRequest, { print }: Program): Promise<void> {
          print(\`hello \${who}\\n\`);
        }`,
    },
    { file: 'cli/commands/index.ts', after: '', insert: "import { greet } from './greet.ts';\n" },
    { file: 'cli/commands/index.ts', after: 'export const COMMANDS = [', insert: 'greet, ' },
  ],
  job: [
    {
      file: 'core/jobs/count-to-three.ts',
      insert: `
        import type { Job, JobRun } from './job.ts';
        export class CountToThree implements Job {
          readonly name = 'count';
          readonly summary = 'counts to three';
          readonly changes = false;
          async run({ progress }: JobRun): Promise<object> {
            progress(3, 3);
            return { counted: 3 };
          }
        }`,
    },
    {
      file: 'server/jobs/configured-jobs.ts',
      after: '',
      insert: "import { CountToThree } from '../../core/jobs/count-to-three.ts';\n",
    },
    {
      file: 'server/jobs/configured-jobs.ts',
      after: '  return [',
      insert: '\n    { job: new CountToThree(), intervalMs: 60_000, dryRun: false },',
    },
  ],
  'error code': [
    { file: 'core/model/errors.ts', after: 'export type RegistryErrorCode =', insert: "\n  | 'TEAPOT'" },
    {
      file: 'core/api/error-descriptors.ts',
      after: 'export const ERROR_DESCRIPTORS = {',
      insert: `
        TEAPOT: { value: 'DENIED', message: 'no coffee here', description: 'It is a teapot.', status: 418, retryAfterMs: 7000 },`,
    },
  ],
  'manifest format': [
    {
      file: 'core/manifests/formats/dummy-image.ts',
      insert: `
        import type { ManifestFormat } from '../manifest-format.ts';
        import { IMAGE_CONTENT } from './content-fields.ts';
        export const dummyImage = {
          mediaType: 'application/vnd.dummy.image+json', schemaVersion: 2, isPushable: true, content: IMAGE_CONTENT,
        } as const satisfies ManifestFormat;`,
    },
    { file: 'core/manifests/formats/index.ts', after: '', insert: "import { dummyImage } from './dummy-image.ts';\n" },
    { file: 'core/manifests/formats/index.ts', after: 'const TABLE = [', insert: 'dummyImage, ' },
  ],
  'digest algorithm': [
    {
      file: 'core/digest/algorithms/sha384.ts',
      insert: `
        import type { DigestAlgorithm } from '../digest-algorithm.ts';
        import { nodeHashes } from '../node-hash.ts';
        export const sha384: DigestAlgorithm = { name: 'sha384', hexLength: 96, ...nodeHashes('sha384') };`,
    },
    { file: 'core/digest/algorithms/index.ts', after: '', insert: "import { sha384 } from './sha384.ts';\n" },
    {
      file: 'core/digest/algorithms/index.ts',
      after: 'export const DIGEST_ALGORITHMS: readonly DigestAlgorithm[] = [',
      insert: 'sha384, ',
    },
  ],
  route: [
    {
      file: 'core/api/routes/motto-route.ts',
      insert: `
        import type { RouteDescriptor } from '../route-descriptor.ts';
        import { FAILURES_EVERYWHERE, PLAIN_REQUEST } from './common.ts';
        export const mottoRoute = {
          name: 'motto', path: '/v2/_motto', entity: 'Motto', description: 'A motto.', repository: false,
          methods: [{
            method: 'GET', description: 'Gives it.', access: 'none', request: PLAIN_REQUEST,
            successes: [{ status: 200, description: 'It.', headers: [] }], failures: FAILURES_EVERYWHERE,
          }],
        } as const satisfies RouteDescriptor;`,
    },
    {
      file: 'core/api/route-descriptors.ts',
      after: '',
      insert: "import { mottoRoute } from './routes/motto-route.ts';\n",
    },
    { file: 'core/api/route-descriptors.ts', after: 'export const ROUTES = [', insert: '\n  mottoRoute,' },
    {
      file: 'server/routes/motto.ts',
      insert: `
        import { sendJson } from '../http/responses.ts';
        import type { Handlers } from './route-context.ts';
        export function mottoRoutes(): Handlers<'motto'> {
          return { GET: async ({ ctx }) => sendJson(ctx, 200, '"festina lente"') };
        }`,
    },
    { file: 'server/routes/app.ts', after: '', insert: "import { mottoRoutes } from './motto.ts';\n" },
    { file: 'server/routes/app.ts', after: '    base: baseRoutes(),', insert: '\n    motto: mottoRoutes(),' },
  ],
  'test suite': [
    { file: 'test/suites.js', after: 'export const suites = [', insert: "\n  { name: 'dummy', timeout: '1m' }," },
    { file: 'test/suites/dummy/nothing.test.ts', insert: '' },
  ],
} as const satisfies Readonly<Record<string, readonly Edit[]>>;

/** What can be added. */
export type Addition = keyof typeof ADDITIONS;

/** The files that an addition touches, the new ones first. */
export function filesOf(addition: Addition): {
  readonly added: readonly string[];
  readonly changed: readonly string[];
} {
  const edits: readonly Edit[] = ADDITIONS[addition];
  const files = (isNew: boolean): string[] => [
    ...new Set(edits.filter(({ after }) => (after === undefined) === isNew).map(({ file }) => file)),
  ];
  return { added: files(true), changed: files(false) };
}
