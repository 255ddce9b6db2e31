// Plants one offender per rule in a copy of the sources and expects every gate to turn red for exactly that offender:
// a gate that stays green over an offender has been asleep for who knows how long.
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, dirname, join } from 'node:path'
import { QUIET_ENVIRONMENT, tool } from './gates.mjs'
import { DEPENDENCY_MUTANTS, LINT_MUTANTS, TYPE_MUTANTS } from './mutant-list.mjs'
import { ROOT } from './paths.mjs'
import { say } from './progress.mjs'
import { captureCommand } from './run-command.mjs'
import { listWorkspaces } from './workspaces.mjs'

const LEFT_OUT = new Set(['.next', '.turbo', 'dist', 'coverage'])
const ROOT_FILES = [
  'package.json',
  'pnpm-workspace.yaml',
  '.oxlintrc.json',
  '.oxfmtrc.json',
  '.dependency-cruiser.cjs',
  '.knip.jsonc',
  '.gitignore',
]

/** A copy of the sources whose workspace links point into the copy; the packages themselves are linked. */
function copySources() {
  const folder = mkdtempSync(join(tmpdir(), 'atpar-mutants-'))
  for (const workspace of listWorkspaces()) {
    cpSync(join(ROOT, workspace), join(folder, workspace), {
      recursive: true,
      verbatimSymlinks: true,
      filter: (source) => !LEFT_OUT.has(basename(source)),
    })
  }
  for (const file of ROOT_FILES) cpSync(join(ROOT, file), join(folder, file))
  symlinkSync(join(ROOT, 'node_modules'), join(folder, 'node_modules'))
  return folder
}

/**
 * @param {string} folder
 * @param {Readonly<Record<string, string>>} files
 */
function plant(folder, files) {
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, path)), { recursive: true })
    writeFileSync(join(folder, path), text)
  }
}

/**
 * @param {string} folder
 * @param {string} program
 * @param {readonly string[]} parameters
 */
function runTool(folder, program, parameters) {
  const { command, parameters: first } = tool(process.execPath, program)
  return captureCommand(command, [...first, ...parameters], { cwd: folder, env: QUIET_ENVIRONMENT })
}

/** @type {string[]} */
const survivors = []

/** @param {string} folder */
async function tryDependencyRules(folder) {
  for (const { files } of DEPENDENCY_MUTANTS) plant(folder, files)
  const { output } = await runTool(folder, 'depcruise', [
    'apps',
    'packages',
    'prisma',
    'infra',
    '--config',
    '.dependency-cruiser.cjs',
    '--output-type',
    'json',
  ])
  /** @type {{ summary: { violations: { rule: { name: string }, from: string }[] } }} */
  const report = JSON.parse(output)
  for (const { rule, from } of DEPENDENCY_MUTANTS) {
    const isCaught = report.summary.violations.some(
      (violation) => violation.rule.name === rule && violation.from === from,
    )
    if (!isCaught) survivors.push(`dependency rule ${rule} did not notice ${from}`)
  }
  const { forbidden } = (await import('../../.dependency-cruiser.cjs')).default
  for (const { name } of forbidden ?? []) {
    if (!DEPENDENCY_MUTANTS.some(({ rule }) => rule === name)) survivors.push(`dependency rule ${name} has no mutant`)
  }
  for (const { files } of DEPENDENCY_MUTANTS) for (const path of Object.keys(files)) rmSync(join(folder, path))
}

/** @param {string} folder */
async function tryLint(folder) {
  const home = 'packages/config/src/mutants'
  for (const { rule, name, text } of LINT_MUTANTS)
    plant(folder, { [join(home, name ?? `${rule.replace(/^.*\//, '')}.ts`)]: text })
  const { output } = await runTool(folder, 'oxlint', ['--type-aware', '--format=json', home])
  /** @type {{ diagnostics: { code?: string, filename: string }[] }} */
  const report = JSON.parse(output)
  for (const { rule, name } of LINT_MUTANTS) {
    const file = name ?? `${rule.replace(/^.*\//, '')}.ts`
    const isCaught = report.diagnostics.some(
      ({ code, filename }) => basename(filename) === file && code?.includes(`(${rule.replace(/^.*\//, '')})`),
    )
    if (!isCaught) survivors.push(`lint rule ${rule} did not notice ${file}`)
  }
  rmSync(join(folder, home), { recursive: true })
}

/** @param {string} folder */
async function tryTypes(folder) {
  for (const { path, text } of TYPE_MUTANTS) plant(folder, { [path]: text })
  for (const workspace of new Set(TYPE_MUTANTS.map(({ path }) => path.split('/').slice(0, 2).join('/')))) {
    const { output } = await runTool(folder, 'tsc', ['--noEmit', '--pretty', 'false', '-p', workspace])
    for (const { path, error } of TYPE_MUTANTS.filter((mutant) => mutant.path.startsWith(workspace))) {
      const isCaught = output
        .split('\n')
        .some((line) => line.includes(basename(path)) && line.includes(`error ${error}`))
      if (!isCaught) survivors.push(`the compiler did not report ${error} for ${path}`)
    }
  }
  for (const { path } of TYPE_MUTANTS) rmSync(join(folder, path))
}

/** @param {string} folder */
async function tryTheRest(folder) {
  const unused = 'packages/config/src/nobody-imports-this.ts'
  plant(folder, { [unused]: 'export const unused = 1\n' })
  const knip = await runTool(folder, 'knip', ['--no-progress', '--no-config-hints', '--reporter', 'json'])
  if (!knip.output.includes(basename(unused))) survivors.push(`knip did not notice the unused file ${unused}`)

  plant(folder, { [unused]: 'export const unused   = "1";\n' })
  const format = await runTool(folder, 'oxfmt', ['--check', unused])
  if (format.code === 0) survivors.push('oxfmt did not notice an unformatted file')

  const manifestPath = join(folder, 'packages/config/package.json')
  const manifest = JSON.parse(readFileSync(manifestPath, 'utf8'))
  writeFileSync(
    manifestPath,
    JSON.stringify({ ...manifest, dependencies: { ...manifest.dependencies, undici: '^1.0.0' } }),
  )
  const sherif = await runTool(folder, 'sherif', [])
  if (sherif.code === 0) survivors.push('sherif did not notice two versions of one dependency')
}

const folder = copySources()
try {
  await tryDependencyRules(folder)
  await tryLint(folder)
  await tryTypes(folder)
  await tryTheRest(folder)
} finally {
  rmSync(folder, { recursive: true, force: true })
}
for (const survivor of survivors) say(survivor)
say(
  `${DEPENDENCY_MUTANTS.length + LINT_MUTANTS.length + TYPE_MUTANTS.length + 3} mutants, ${survivors.length} survived`,
)
process.exitCode = survivors.length === 0 ? 0 : 1
