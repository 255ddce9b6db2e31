/**
 * @typedef {{ rule: string, from: string, files: Readonly<Record<string, string>> }} DependencyMutant
 * @typedef {{ rule: string, text: string, name?: string }} LintMutant
 * @typedef {{ path: string, error: string, text: string }} TypeMutant
 */

/**
 * @param {string} rule
 * @param {readonly [from: string, target: string]} edge the file that breaks the rule, and what it imports
 * @param {Readonly<Record<string, string>>} [others] files the import needs in order to resolve
 * @returns {DependencyMutant}
 */
const imports = (rule, [from, target], others = {}) => ({
  rule,
  from,
  files: { [from]: `import '${target}'\n`, ...others },
})

const EMPTY = 'export const mutant = 1\n'

/** One offender for every rule of `.dependency-cruiser.cjs`. */
export const DEPENDENCY_MUTANTS = [
  imports('no-cycles', ['packages/config/src/mutant-a.ts', './mutant-b.ts'], {
    'packages/config/src/mutant-b.ts': "import './mutant-a.ts'\n",
  }),
  imports('resolvable', ['packages/config/src/mutant-lost.ts', './not-there.ts']),
  imports('core-imports-nothing', ['packages/core/src/mutant.ts', 'node:fs']),
  imports('dialects-import-core-only', ['packages/dialects/src/mutant.ts', 'node:http']),
  imports('dialects-are-strangers', ['packages/dialects/src/mutant-one/request.ts', '../mutant-two/request.ts'], {
    'packages/dialects/src/mutant-two/request.ts': EMPTY,
  }),
  imports('providers-import-core-and-dialects-only', ['packages/providers/src/mutant.ts', 'node:http']),
  imports('providers-enter-by-registry', ['packages/testkit/src/mutant.ts', '../../providers/src/mutant-provider.ts'], {
    'packages/providers/src/mutant-provider.ts': EMPTY,
  }),
  imports('io-packages-are-siblings', ['packages/redis/src/mutant.ts', '../../db/src/mutant-target.ts'], {
    'packages/db/src/mutant-target.ts': EMPTY,
  }),
  imports('client-stands-alone', ['packages/client/src/mutant.ts', '../../core/src/money.ts']),
  imports('verify-stands-alone', ['packages/verify/src/mutant.mjs', '../../core/src/money.ts']),
  imports('client-is-for-customers-and-tests', [
    'apps/dashboard/src/mutant-client.ts',
    '../../../packages/client/src/client.ts',
  ]),
  imports(
    'packages-never-see-apps',
    ['packages/config/src/mutant-upwards.ts', '../../../apps/worker/src/mutant-target.ts'],
    {
      'apps/worker/src/mutant-target.ts': EMPTY,
    },
  ),
  imports('apps-never-see-apps', ['apps/worker/src/mutant-sideways.ts', '../../proxy/src/mutant-target.ts'], {
    'apps/proxy/src/mutant-target.ts': EMPTY,
  }),
  imports('apps-never-see-infra', ['apps/worker/src/mutant-infra.ts', '../../../infra/mutant-target.ts'], {
    'infra/mutant-target.ts': EMPTY,
  }),
  imports('testkit-is-for-tests', ['apps/proxy/src/mutant-testkit.ts', '../../../packages/testkit/src/redis.ts']),
  imports(
    'simulators-stay-outside',
    ['apps/proxy/src/mutant-simulated.ts', '../../../packages/simulators/src/mutant-target.ts'],
    {
      'packages/simulators/src/mutant-target.ts': EMPTY,
    },
  ),
  imports('steps-do-not-call-steps', ['apps/proxy/src/call/mutant-one.ts', './mutant-two.ts'], {
    'apps/proxy/src/call/mutant-two.ts': EMPTY,
  }),
  imports('features-are-strangers', ['apps/dashboard/src/features/mutant-one/page.ts', '../mutant-two/queries.ts'], {
    'apps/dashboard/src/features/mutant-two/queries.ts': EMPTY,
  }),
  imports('nothing-imports-routes', ['apps/dashboard/src/ui/mutant.ts', '../app/mutant/page.ts'], {
    'apps/dashboard/src/app/mutant/page.ts': EMPTY,
  }),
  imports('jobs-are-strangers', ['apps/worker/src/jobs/mutant-one.ts', './mutant-two.ts'], {
    'apps/worker/src/jobs/mutant-two.ts': EMPTY,
  }),
  imports('prisma-only-in-db', [
    'apps/worker/src/mutant-prisma.ts',
    '../../../packages/db/node_modules/@prisma/client/index.js',
  ]),
  imports('ioredis-only-in-redis-and-queue', [
    'apps/worker/src/mutant-redis.ts',
    '../../../packages/redis/node_modules/ioredis/built/index.js',
  ]),
  imports('stripe-only-in-billing', ['apps/worker/src/mutant-stripe.ts', '../node_modules/stripe/index.js'], {
    'apps/worker/node_modules/stripe/index.js': EMPTY,
  }),
]

/** @type {readonly LintMutant[]} one offender for every rule that was added to the presets */
export const LINT_MUTANTS = [
  { rule: 'typescript/no-explicit-any', text: 'export const value: any = 1\n' },
  { rule: 'typescript/no-non-null-assertion', text: 'export const first = (list: string[]) => list[0]!\n' },
  {
    rule: 'typescript/no-floating-promises',
    text: 'async function work(): Promise<void> {}\nexport function run(): void {\n  work()\n}\n',
  },
  {
    rule: 'typescript/no-misused-promises',
    text: 'export function run(list: string[]): void {\n  list.forEach(async (item) => {\n    await Promise.resolve(item)\n  })\n}\n',
  },
  {
    rule: 'typescript/switch-exhaustiveness-check',
    text: "export function name(kind: 'a' | 'b'): string {\n  switch (kind) {\n    case 'a':\n      return 'first'\n  }\n  return ''\n}\n",
  },
  {
    rule: 'typescript/consistent-type-imports',
    text: "import { Server } from 'node:http'\nexport const close = (server: Server) => server.close()\n",
  },
  {
    rule: 'typescript/prefer-nullish-coalescing',
    text: "export const name = (given: string | undefined) => given || 'nobody'\n",
  },
  { rule: 'import/no-default-export', text: 'export default 1\n' },
  {
    rule: 'oxc/no-barrel-file',
    text: "export * from './no-explicit-any.ts'\nexport * from './no-console.ts'\n",
  },
  { rule: 'no-console', text: "console.log('seen')\n" },
  { rule: 'node/no-process-env', text: "export const home = process.env['HOME']\n" },
  {
    rule: 'no-param-reassign',
    text: 'export function next(count: number): number {\n  count += 1\n  return count\n}\n',
  },
  { rule: 'unicorn/filename-case', name: 'filenameCase.ts', text: EMPTY },
  { rule: 'money/no-float', text: 'export const halve = (costPusd: bigint): number => Number(costPusd) / 2\n' },
  {
    rule: 'money/no-float',
    name: 'no-float-fee.ts',
    text: 'export const withFee = (order: { totalUsd: number }): string => (order.totalUsd * 1.029).toString()\n',
  },
  {
    rule: 'money/no-float',
    name: 'no-float-text.ts',
    text: 'export const show = (order: { cents: number }): string => (order.cents / 100).toFixed(2)\n',
  },
  { rule: 'unicorn/prefer-node-protocol', text: "import { join } from 'path'\nexport const both = join('a', 'b')\n" },
]

/** @type {readonly TypeMutant[]} what the compiler has to refuse, tier by tier */
export const TYPE_MUTANTS = [
  { path: 'packages/core/src/mutant-process.ts', error: 'TS2', text: 'export const id = process.pid\n' },
  {
    path: 'packages/core/src/mutant-fetch.ts',
    error: 'TS2',
    text: "export const answer = fetch('http://localhost')\n",
  },
  { path: 'packages/core/src/mutant-buffer.ts', error: 'TS2', text: "export const bytes = Buffer.from('a')\n" },
  { path: 'packages/core/src/mutant-timer.ts', error: 'TS2', text: 'export const timer = setTimeout(() => 1, 1)\n' },
  {
    path: 'packages/core/src/mutant-index.ts',
    error: 'TS2',
    text: 'export const first = (list: string[]): string => list[0]\n',
  },
  { path: 'packages/core/src/mutant-enum.ts', error: 'TS1294', text: 'export enum Colour {\n  Red,\n}\n' },
  { path: 'packages/core/src/mutant-implicit.ts', error: 'TS7006', text: 'export const same = (value) => value\n' },
  { path: 'packages/dialects/src/mutant-process.ts', error: 'TS2', text: 'export const id = process.pid\n' },
  {
    path: 'packages/providers/src/mutant-fetch.ts',
    error: 'TS2',
    text: "export const answer = fetch('http://localhost')\n",
  },
]
