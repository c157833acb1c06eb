// The floors of the house as rules: who may import what. Type imports count. docs/architecture.md draws them;
// test/checks/floors.test.ts plants one bad import per rule.

const test = '(\\.test\\.ts$)';
/** A package by name, found in any node_modules or not installed at all. */
const npm = (...names) => names.map((name) => `(^|(^|/)node_modules/)(@types/)?${name}(/|$)`);
/** A room (folder) or a single file of src, without its extension. */
const src = (place) => `^src/${place}(/|\\.ts$)`;

/** app.ts and the files beside it. */
const composition = '^src/(?!index\\.ts$|config\\.ts$|settings\\.ts$)[^/]+(?<!\\.test)\\.ts$';

/** Everyone may import these; what they may import themselves stands in `rooms`. */
const groundFloor = ['model', 'lib', 'text'];

/** Room → the rooms or files of src it may import beside its own and the ground floor. */
const rooms = {
  // Floor 1
  model: { ground: [], may: [], why: 'nouns and pure functions: they know nothing but each other' },
  lib: { ground: [], may: ['model/errors'], why: 'domain-free: it must serve any room, so it may not know one' },
  text: { ground: ['model', 'lib'], may: [], why: 'pure text in, text out' },
  // Floor 2
  settings: { may: [], why: 'the list of settings and what each may be' },
  config: { may: ['settings'], why: 'read once, handed down; it must not pull any room in' },
  store: { may: [], why: 'rows only; who writes them is not its business' },
  sandbox: { may: [], why: 'a place to run things; what runs there is not its business' },
  gateway: { may: [], why: 'the way out; it knows a socket and a rule, never a turn' },
  // Floor 2½
  acts: { may: ['store'], why: 'a thing several doors can do: a few rows in one transaction' },
  // Floor 3
  inbound: { may: ['store', 'acts'], why: 'doors and workers never know each other; they meet in the store' },
  outbound: { may: ['store', 'acts', 'channels/channel'], why: 'it sends by the interface, whatever the platform' },
  schedule: { may: ['store', 'acts'], why: 'a due task becomes an inbox row, nothing else' },
  tools: { may: ['store', 'acts'], why: 'a tool runs inside one transaction: store and acts only' },
  ipc: { may: ['store', 'acts', 'tools/tool'], why: 'it finds tools by directory, not by name' },
  admin: { may: ['store', 'acts'], why: 'an operator does what a tool does: through acts' },
  'remote-control': { may: ['store', 'acts'], why: 'a door like the others' },
  // Floor 4
  turns: { may: ['store', 'acts', 'sandbox/sandbox', 'ipc/mailbox'], why: 'a turn knows interfaces, not engines' },
  upkeep: { may: ['store', 'sandbox/sandbox'], why: 'it works on a closed house' },
  console: { may: ['admin/client'], why: 'it sees the host only as an operator does' },
  // Floors 6, 7
  index: { may: ['app', 'config'], why: 'arguments, settings, start, signals; the parts are built in app' },
  cli: {
    may: ['index', 'admin/client', 'config', 'console', 'upkeep'],
    why: 'a command talks to the host, or starts it',
  },
};

/** What is no room of src. */
const beside = { cli: ['^setup/', '^scripts/(starting|progress|stops)\\.mjs$'], index: [composition] };

const floorRules = Object.entries(rooms).map(([room, { ground = groundFloor, may, why }]) => ({
  name: `floor-${room}`,
  comment: `src/${room} may import ${['itself', ...ground, 'protocol', ...may].join(', ')}: ${why}.`,
  severity: 'error',
  from: { path: src(room), pathNot: test },
  to: {
    path: '^(src|setup|test|bench|bin|scripts|container)/',
    pathNot: [...[room, ...ground, ...may].map(src), ...(beside[room] ?? [])],
  },
}));

/** Package → its one home. A heavy or opinionated package that shows in one room can be replaced in one room. */
const homes = {
  'better-sqlite3': ['^src/store/'],
  execa: ['^src/(sandbox|upkeep|remote-control)/', '^setup/'],
  '@anthropic-ai/claude-agent-sdk': ['^container/agent-runner/'],
  citty: ['^src/cli/'],
  'p-queue': ['^src/lib/lanes\\.ts$'],
  pino: ['^src/lib/log\\.ts$'],
  'markdown-it': ['^src/text/markdown/dialect\\.ts$', '^src/text/markdown/parse\\.ts$'],
  'cron-parser': ['^src/lib/next-run\\.ts$'],
};

const homeRules = Object.entries(homes).map(([name, home]) => ({
  name: `home-${name.replace(/^@.*\//, '')}`,
  comment: `${name} is imported in one place only, so that it can be exchanged there.`,
  severity: 'error',
  from: { path: '^(src|protocol|setup|container)/', pathNot: [test, ...home] },
  to: { path: npm(name) },
}));

module.exports = {
  forbidden: [
    ...floorRules,
    {
      name: 'floor-channels',
      comment:
        'A platform folder may import its own files, the kit, the channel interfaces and floor 1; never another platform.',
      severity: 'error',
      from: { path: '^src/channels/([^/]+)/', pathNot: [test, '^src/channels/kit/'] },
      to: {
        path: '^(src|setup|test|bench|bin|scripts|container)/',
        pathNot: ['^src/channels/($1|kit)/', '^src/channels/(channel|manifest)\\.ts$', ...groundFloor.map(src)],
      },
    },
    {
      name: 'floor-channels-kit',
      comment: 'The kit serves every platform: it knows the channel interfaces and floor 1, and no platform.',
      severity: 'error',
      from: { path: '^src/channels/kit/', pathNot: test },
      to: {
        path: '^(src|setup|test|bench|bin|scripts|container)/',
        pathNot: ['^src/channels/kit/', '^src/channels/(channel|manifest)\\.ts$', ...groundFloor.map(src)],
      },
    },
    {
      name: 'floor-channels-list',
      comment: 'The files beside the platform folders find them by directory and name none of them.',
      severity: 'error',
      from: { path: '^src/channels/[^/]+\\.ts$', pathNot: test },
      to: {
        path: '^(src|setup|test|bench|bin|scripts|container)/',
        pathNot: ['^src/channels/[^/]+\\.ts$', ...groundFloor.map(src)],
      },
    },
    {
      name: 'floor-app',
      comment: 'app.ts, and what stands beside it, is built from everything below it and from nothing above.',
      severity: 'error',
      from: { path: composition },
      to: { path: ['^(setup|test|bench|bin|scripts|container)/', ...['index', 'cli', 'console'].map(src)] },
    },
    {
      name: 'app-parts',
      comment: 'The files beside app.ts are parts of it, cut off for their length: nobody but index knows them.',
      severity: 'error',
      from: { pathNot: [test, composition, '^src/index\\.ts$'] },
      to: { path: composition, pathNot: '^src/app\\.ts$' },
    },
    {
      name: 'floor-setup',
      comment: 'setup talks to the host as a command does, and may start things; it reaches no room behind them.',
      severity: 'error',
      from: { path: '^setup/', pathNot: test },
      to: {
        path: '^(src|test|bench|container)/',
        pathNot: [...groundFloor, 'index', 'admin/client', 'config', 'sandbox/sandbox', 'console', 'upkeep'].map(src),
      },
    },
    {
      name: 'floor-src',
      comment: 'Every file of src stands in a room of the table; a new room needs a line there.',
      severity: 'error',
      from: { path: '^src/', pathNot: [test, composition, '^src/channels/', ...Object.keys(rooms).map(src)] },
      to: {},
    },
    {
      name: 'floor-protocol',
      comment: 'The protocol is compiled into host and runner alike: it imports zod and nothing else, not even Node.',
      severity: 'error',
      from: { path: '^protocol/', pathNot: test },
      to: { pathNot: ['^protocol/', ...npm('zod')] },
    },
    {
      name: 'floor-runner',
      comment: 'The agent runner lives in another world: of ours it may import the protocol only.',
      severity: 'error',
      from: { path: '^container/agent-runner/', pathNot: [test, '/test/'] },
      to: { path: '^(src|setup|test|bench|bin|scripts)/' },
    },
    {
      name: 'runner-own-packages',
      comment:
        "The runner's packages come from its own lock file; one found in the root's would be missing in the image.",
      severity: 'error',
      from: { path: '^container/agent-runner/', pathNot: [test, '/test/'] },
      to: { path: '^node_modules/' },
    },
    {
      name: 'floor-bin',
      comment: 'The command and npm test start on a fresh clone, before a single package is there.',
      severity: 'error',
      from: { path: '^(bin|scripts)/' },
      // A dynamic import or a require happens where it stands, after the installation.
      to: {
        dynamic: false,
        dependencyTypesNot: ['require'],
        path: ['^(src|setup|test|bench|container|protocol)/', '(^|/)node_modules/'],
        // Plain JavaScript without packages: what keeps a sandbox from working is said in one place, before and after.
        pathNot: '^src/sandbox/cures\\.mjs$',
      },
    },
    {
      name: 'app-has-one-door',
      comment: 'Who imports app.ts owns the process. That is index.ts, and the house of the tests.',
      severity: 'error',
      from: { pathNot: ['^src/index\\.ts$', '^test/(fixtures/)?house[^/]*\\.ts$', '^src/app\\.test\\.ts$'] },
      to: { path: '^src/app\\.ts$' },
    },
    {
      name: 'no-circular',
      comment: 'A ring has no lowest room. Put the type below and the list above, in two files.',
      severity: 'error',
      from: {},
      to: { circular: true },
    },
    {
      name: 'no-orphans',
      comment: 'A file that imports nothing and is imported by nobody is forgotten, or found in a way nobody can see.',
      severity: 'error',
      from: { orphan: true, path: '^(src|protocol|setup|container)/', pathNot: [test, '\\.d\\.ts$'] },
      to: {},
    },
    {
      name: 'no-dev-dependencies',
      comment: 'What a user installs must be enough to run it.',
      severity: 'error',
      from: { path: '^(src|protocol|setup)/', pathNot: test },
      to: { dependencyTypes: ['npm-dev'] },
    },
    {
      name: 'not-unlisted',
      comment: 'A package that no package.json names works only by luck.',
      severity: 'error',
      from: { path: '^(src|protocol|setup|test|bench)/' },
      to: { dependencyTypes: ['npm-no-pkg', 'npm-unknown'] },
    },
    {
      name: 'not-unresolvable',
      comment: 'An import that leads nowhere hides from every other rule.',
      severity: 'error',
      from: {},
      to: { couldNotResolve: true },
    },
    ...homeRules,
  ],
  options: {
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    doNotFollow: { path: 'node_modules' },
    exclude: { path: '(^|/)dist/' },
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['import', 'require', 'node', 'default', 'types'],
      extensions: ['.ts', '.mts', '.mjs', '.js', '.cjs', '.json'],
    },
  },
};
