/** The walls of the house; docs/architecture.md says why each stands. */
const only = (name, comment, from, allowed) => ({
  name,
  comment,
  severity: 'error',
  from,
  to: { pathNot: allowed },
});

const NODE =
  '^node:|^(?:assert|assert/strict|child_process|crypto|events|fs|fs/promises|http|https|module|net|os|path|process|stream|stream/consumers|stream/promises|timers|timers/promises|tls|url|util|async_hooks|buffer|cluster|worker_threads|perf_hooks|zlib)$';

// Node reads TypeScript; the table loads no driver.
const { BUILTIN_DRIVERS } = require('./drivers/builtin-drivers.ts');
const driverPackages = BUILTIN_DRIVERS.flatMap(({ packages }) => packages);

module.exports = {
  forbidden: [
    {
      name: 'no-cycles',
      comment: 'A file can be read without those that use it, so that types may not point back either.',
      severity: 'error',
      from: {},
      to: { circular: true },
    },
    {
      name: 'folders-of-the-server-point-one-way',
      comment: 'main and workers see all folders, lifecycle sees composition, routes sees http, and config sees none.',
      scope: 'folder',
      severity: 'error',
      from: { path: '^server/' },
      to: { path: '^server/', circular: true },
    },
    {
      name: 'config-engine-knows-no-section',
      comment: 'All that is known of a key stands in its section.',
      severity: 'error',
      from: { path: '^server/config/engine/' },
      to: { path: '^server/config/(?!engine/)' },
    },
    {
      name: 'no-orphans',
      severity: 'error',
      from: {
        orphan: true,
        path: '^(?:core|drivers|plugins|client|server|cli|testing|verify)/',
        pathNot: '\\.d\\.ts$',
      },
      to: {},
    },
    { name: 'not-unresolvable', severity: 'error', from: {}, to: { couldNotResolve: true } },
    only(
      'driver-contract-stands-alone',
      'A driver author reads core/driver and nothing else.',
      { path: '^core/driver/' },
      [NODE, '^core/driver/'],
    ),
    only(
      'core-imports-core',
      'Core knows no backend, no HTTP framework and no container.',
      { path: '^core/', pathNot: '^core/(?:di\\.ts$|digest/|retention/tag-version\\.ts$)' },
      [NODE, '^core/', '^node_modules/lru-cache/'],
    ),
    only(
      'one-file-knows-versions',
      'What a version is, the client and the rules of retention have from one file.',
      { path: '^core/retention/tag-version\\.ts$' },
      ['^core/', '^node_modules/(?:@types/)?semver/'],
    ),
    only(
      'hashes-import-hashes',
      'The libraries for hashes that can be saved show nowhere else.',
      { path: '^core/digest/' },
      [NODE, '^core/', '^node_modules/(?:hash-wasm|koffi)/'],
    ),
    only(
      'di-imports-inversify',
      'The tokens are the only place in core where the container shows.',
      { path: '^core/di\\.ts$' },
      [NODE, '^core/', '^node_modules/(?:inversify|@inversifyjs|reflect-metadata)/'],
    ),
    only(
      'drivers-import-the-contract',
      'A driver uses what a third-party driver can use.',
      { path: '^drivers/([^/]+)/', pathNot: '^drivers/object-store/' },
      [
        NODE,
        '^core/driver/index\\.ts$',
        '^drivers/$1/',
        '^drivers/object-store/index\\.ts$',
        `^node_modules/(?:${['zod', ...driverPackages].join('|')})/`,
      ],
    ),
    only(
      'the-kit-of-object-stores-knows-no-service',
      'It is published for drivers of any service, and brings no SDK.',
      { path: '^drivers/object-store/' },
      [NODE, '^core/driver/index\\.ts$', '^drivers/object-store/'],
    ),
    only(
      'the-client-knows-the-contract-of-a-registry',
      'It ships without a server, and treats a registry far away and one of this storage alike.',
      { path: '^client/' },
      [
        NODE,
        '^client/',
        '^core/(?:api|async|digest|driver|manifests|model)/',
        '^core/registry/(?!local/)',
        // What a version is.
        '^core/retention/tag-version\\.ts$',
        // The type of what Layer.reader returns.
        '^core/storage/file-reader\\.ts$',
        '^node_modules/(?:@types/semver|modern-tar|semver|undici)/',
      ],
    ),
    only(
      'verification-shares-no-judgement-with-the-server',
      'What a registry should do is written down there a second time, and known of no other room.',
      { path: '^verify/' },
      [NODE, '^verify/', '^client/(?:auth|credentials|http|references)/', '^core/(?:api|digest)/'],
    ),
    {
      name: 'verification-is-a-command',
      comment: 'Nothing that serves or moves images loads it.',
      severity: 'error',
      from: { pathNot: '^(?:verify|test|cli/verify|docs)/' },
      to: { path: '^verify/' },
    },
    only(
      'the-table-of-drivers-loads-none',
      'A driver that is not configured is never loaded.',
      { path: '^drivers/builtin-drivers\\.ts$' },
      ['^core/driver/index\\.ts$', '^drivers/[^/]+/'],
    ),
    {
      name: 'drivers-are-loaded-dynamically',
      comment: 'A driver that is not configured is never loaded.',
      severity: 'error',
      from: { path: '^(?:core|plugins|client|server|cli|drivers/builtin-drivers)' },
      to: { path: '^drivers/[^/]+/', dynamic: false },
    },
    only('plugins-see-core', 'Plugins know core; drivers only by dynamic import.', { path: '^plugins/' }, [
      NODE,
      '^core/',
      '^plugins/',
      '^drivers/',
      '^node_modules/(?!koa/|@koa/|@types/koa)',
    ]),
    {
      name: 'server-sees-no-driver',
      severity: 'error',
      from: { path: '^(?:server|cli)/' },
      to: { path: '^drivers/' },
    },
    {
      name: 'commands-are-loaded-dynamically',
      comment: 'What a command needs is loaded when it is given.',
      severity: 'error',
      from: { path: '^cli/(?:main|run-program|command|command-line|usage)\\.ts$|^cli/commands/' },
      to: {
        path: ['^server/', '^testing/', '^verify/', '^client/', '^cli/[^/]+/'],
        pathNot: ['^server/config/', '^server/lifecycle/thread-pool\\.ts$', '^cli/commands/'],
        dynamic: false,
        dependencyTypesNot: ['type-only'],
      },
    },
    {
      name: 'server-sees-no-command-line',
      severity: 'error',
      from: { path: '^server/' },
      to: { path: '^cli/' },
    },
    {
      name: 'koa-lives-in-server',
      severity: 'error',
      from: { pathNot: '^(?:server|test|examples/embedded)/' },
      to: { path: '^node_modules/(?:koa|@koa|@types/koa)' },
    },
    {
      name: 'inversify-lives-in-the-composition',
      severity: 'error',
      from: {
        path: '^(?:core|drivers|server|cli)/',
        pathNot: ['^core/di\\.ts$', '^server/composition/core-container\\.ts$'],
      },
      to: { path: '^node_modules/(?:inversify|@inversifyjs|reflect-metadata)/' },
    },
    {
      name: 'the-test-kit-is-a-command',
      comment: 'A registry that serves never loads it.',
      severity: 'error',
      from: { pathNot: '^(?:testing|test|examples|cli/driver|cli/doctor)/' },
      to: { path: '^testing/' },
    },
    { name: 'nothing-imports-test', severity: 'error', from: { pathNot: '^test/' }, to: { path: '^test/' } },
    {
      name: 'nothing-imports-bench',
      severity: 'error',
      from: { pathNot: '^(?:bench|test/unit/bench)/' },
      to: { path: '^bench/' },
    },
    only(
      'wrappers-are-measured-from-inside',
      'What they cost is less than what HTTP varies by.',
      { path: '^bench/wrappers/' },
      [
        NODE,
        '^bench/',
        '^core/(?:di\\.ts$|driver/index\\.ts$)',
        '^drivers/filesystem/index\\.ts$',
        '^plugins/(?:plugin\\.ts$|wrappers/)',
        '^node_modules/(?:@inversifyjs|reflect-metadata)/',
      ],
    ),
    only(
      'bench-sees-registries-from-outside',
      'It measures them over HTTP.',
      { path: '^bench/', pathNot: '^bench/wrappers/' },
      [
        NODE,
        '^bench/',
        // What bench/policy.ts measures.
        '^plugins/authorization/policy-settings\\.ts$',
        // What bench/pulls.ts measures.
        '^core/pulls/noted-pulls[.]ts$',
        // What bench/digest-state.ts measures.
        '^core/digest/',
        '^core/(?:api|async)/',
        '^test/helpers/',
      ],
    ),
    only('examples-use-what-is-published', 'They are what a third party copies.', { path: '^examples/([^/]+)/' }, [
      NODE,
      '^examples/$1/',
      '^core/driver/index\\.ts$',
      '^testing/index\\.ts$',
      '^server/embedding/index\\.ts$',
      '^plugins/index\\.ts$',
      '^node_modules/(?:koa|@types/koa|hash-wasm)/',
    ]),
    only(
      'the-test-kit-knows-the-contract-only',
      'It ships, and runs against drivers that have never seen the rest.',
      { path: '^testing/' },
      [NODE, '^(?:v8|vm)$', '^testing/', '^core/driver/index\\.ts$'],
    ),
  ],
  options: {
    tsConfig: { fileName: 'tsconfig.json' },
    tsPreCompilationDeps: true,
    doNotFollow: { path: 'node_modules' },
    // The template is a package of its own, that is copied.
    exclude: { path: '^(?:dist|testing/template)/' },
    enhancedResolveOptions: { exportsFields: ['exports'], conditionNames: ['import', 'types', 'node', 'default'] },
  },
};
