import { randomBytes } from 'node:crypto'
import { parseArgs } from 'node:util'
import { formatUsd, PUSD_PER_CENT, pusd } from '@atpar/core/money'
import { createPool, type Pool } from '@atpar/db/pool'
import { publishChange } from '@atpar/redis/changes'
import { createRedis, waitUntilReady } from '@atpar/redis/client'
import { creditInvoice } from './credit-invoice.ts'
import { closeMonth } from './close-month.ts'
import { ACCOUNTS_USAGE, isAccountsCommand, runAccountsCommand } from './accounts.ts'
import { findInstallation, type Installation } from './installation.ts'
import { appointOperator } from './appoint-operator.ts'
import { moveClockBy, stripeClockAt } from './move-clock.ts'
import { importOrganization } from './import-organization.ts'
import { QUARANTINE_USAGE, runQuarantineCommand } from './quarantine.ts'
import { PRICES_USAGE, runPriceCommand } from './prices.ts'
import { refundPayment } from './refund-payment.ts'
import { dropOldSealingKeys, rotateSealingKey } from './rotate-sealing-key.ts'
import { verifyAudit } from './verify-audit.ts'

const USAGE = `Commands:
  close-month --org <slug> [--period 2026-11] [--move-clock]   close a month and issue its invoice (test installations: moves the clock)
  move-clock --by 3d                                           test installations only: everything but sessions and signatures is later from then on
  refund --invoice <number> [--amount 12.50] --reason <text>   give a payment back through Stripe, at the platform's expense
  credit-note --invoice <number> --amount 12.50 --reason <text> [--to balance]   take back a part of an invoice: lowers what is due; of a paid one to the card
${ACCOUNTS_USAGE}
${PRICES_USAGE}
${QUARANTINE_USAGE}
  verify-audit [<slug>] [--anchors <file>]                     recompute the record of acts of one organization or of all
  rotate-sealing-key [--drop-old [--lose-contents]]            seal customers' credentials for a new key; then drop the old one
  import-organization <file>                                   bring in an organization exported elsewhere; names the keys to re-issue
  appoint-operator <e-mail> [--revoke]                         make a person one of the support staff, or end that
Works on the installation that runs from this folder, or on DATABASE_URL and REDIS_URL when set; the last two then need OWNER_DATABASE_URL.`

const COMMANDS: ReadonlySet<string> = new Set([
  'close-month',
  'credit-note',
  'move-clock',
  'quarantine',
  'refund',
  'verify-audit',
  'import-organization',
  'appoint-operator',
  'rotate-sealing-key',
])

const print = (line: string): void => void process.stdout.write(`${line}\n`)

const tellProxies = async (redisUrl: string | null): Promise<void> => {
  if (redisUrl === null) return
  const redis = createRedis({ url: redisUrl, connectionName: 'atpar-operator', commandTimeoutMs: 2_000 })
  try {
    if (await waitUntilReady(redis, 2_000)) await publishChange(redis, null)
  } finally {
    redis.disconnect()
  }
}

/** These have options of their own. */
const isAboutPrices = process.argv[2] === 'prices'
const isAboutAccounts = isAccountsCommand(process.argv[2])

const { values, positionals } = parseArgs({
  ...(isAboutPrices || isAboutAccounts ? { args: [] } : {}),
  allowPositionals: true,
  options: {
    org: { type: 'string' },
    period: { type: 'string' },
    invoice: { type: 'string' },
    amount: { type: 'string' },
    reason: { type: 'string' },
    to: { type: 'string', default: 'refund' },
    anchors: { type: 'string' },
    by: { type: 'string' },
    revoke: { type: 'boolean', default: false },
    'drop-old': { type: 'boolean', default: false },
    'lose-contents': { type: 'boolean', default: false },
    'move-clock': { type: 'boolean', default: false },
  },
})

const need = (name: 'org'): string => {
  const value = values[name]
  if (value === undefined) throw new Error(`--${name} is missing.\n${USAGE}`)
  return value
}

const needOwner = ({ ownerUrl }: Installation): string => {
  if (ownerUrl === null) throw new Error('This needs OWNER_DATABASE_URL, as the role that owns the tables.')
  return ownerUrl
}

const needArgument = (what: string): string => {
  const [, argument] = positionals
  if (argument === undefined) throw new Error(`Name ${what}.\n${USAGE}`)
  return argument
}

const runImport = async (installation: Installation): Promise<void> => {
  const report = await importOrganization({ ownerUrl: needOwner(installation), file: needArgument('the archive') })
  print(
    `Imported ${report.slug}: ${report.rows} rows; ${report.people.created} people without a password (they ask for a new one at log-in), ${report.people.matched} known here.`,
  )
  for (const name of report.keysToReissue) print(`  re-issue the key ${name}: its secret stayed where it was`)
  for (const label of report.credentialsToReenter) print(`  enter the key of ${label} again: it stayed where it was`)
  for (const [table, rows] of Object.entries(report.notPortable)) print(`  not brought along: ${rows} × ${table}`)
  await tellProxies(installation.redisUrl)
}

const needSeed = ({ auditSigningSeed }: Installation): string => {
  if (auditSigningSeed === null) throw new Error('Signed anchors need AUDIT_SIGNING_SEED, as the worker has it.')
  return auditSigningSeed
}

const runRotation = async ({ gatewayUrl, sealingKeys }: Installation): Promise<boolean> => {
  if (sealingKeys === null) throw new Error('Rotation needs SEALING_PRIVATE_KEYS, as the proxy has it.')
  const pool = createPool({ url: gatewayUrl, max: 2, applicationName: 'atpar-operator' })
  const input = { pool, store: sealingKeys, log: print }
  try {
    return await (values['drop-old']
      ? dropOldSealingKeys({ ...input, losesContents: values['lose-contents'] })
      : rotateSealingKey({ ...input, newKey: () => randomBytes(32).toString('hex') }))
  } finally {
    await pool.end()
  }
}

const stripeClock = ({ simulatedStripeUrl }: Installation) =>
  simulatedStripeUrl === null ? {} : { moveStripe: stripeClockAt(simulatedStripeUrl) }

const runMoveClock = async (pool: Pool, installation: Installation): Promise<boolean> => {
  // Every later request would be dated into the future, and nothing leads back.
  if (!installation.isSimulating) throw new Error('Only the clock of a test installation can be moved.')
  if (values.by === undefined) throw new Error(`--by is missing.\n${USAGE}`)
  await moveClockBy(
    { pool, publishChange: () => tellProxies(installation.redisUrl), log: print, ...stripeClock(installation) },
    values.by,
  )
  return true
}

const runCloseMonth = async (pool: Pool, installation: Installation): Promise<boolean> => {
  const result = await closeMonth({
    pool,
    orgSlug: need('org'),
    ...(values.period === undefined ? {} : { period: values.period }),
    mayMoveClock: installation.isSimulating || values['move-clock'],
    publishChange: () => tellProxies(installation.redisUrl),
    log: print,
    ...stripeClock(installation),
  })
  if (result.kind === 'blocked') {
    print(`Not closed: ${result.reason}.`)
    return false
  }
  const { invoice } = result
  print(
    `${result.isNew ? 'Closed' : 'Was closed before'}: ${invoice.number} (${invoice.status}), total $${formatUsd(pusd(invoice.totalCents * PUSD_PER_CENT), 2)}, usage $${formatUsd(invoice.usagePusd, 2)}.`,
  )
  return true
}

const runRefund = async (pool: Pool): Promise<boolean> => {
  const { invoice, amount, reason } = values
  if (invoice === undefined || reason === undefined) throw new Error(`--invoice and --reason are needed.\n${USAGE}`)
  await refundPayment({ pool, invoiceNumber: invoice, reason, log: print, ...(amount === undefined ? {} : { amount }) })
  return true
}

const runCreditNote = async (pool: Pool): Promise<boolean> => {
  const { invoice, amount, reason, to } = values
  if (invoice === undefined || amount === undefined || reason === undefined)
    throw new Error(`--invoice, --amount and --reason are needed.\n${USAGE}`)
  if (to !== 'refund' && to !== 'balance') throw new Error(`--to is refund or balance.\n${USAGE}`)
  await creditInvoice({ pool, invoiceNumber: invoice, amount, reason, to, log: print })
  return true
}

const runPrices = async (): Promise<boolean> => {
  const installation = findInstallation()
  const pool = createPool({ url: installation.databaseUrl, max: 2, applicationName: 'atpar-operator' })
  try {
    return await runPriceCommand({
      pool,
      parameters: process.argv.slice(3),
      print,
      today: new Date().toISOString().slice(0, 10),
      publishChange: () => tellProxies(installation.redisUrl),
    })
  } finally {
    await pool.end()
  }
}

const runOnPool = async (command: string, pool: Pool, installation: Installation): Promise<boolean> => {
  if (command === 'quarantine') return await runQuarantineCommand({ pool, parameters: positionals.slice(1), print })
  if (command === 'close-month') return await runCloseMonth(pool, installation)
  if (command === 'refund') return await runRefund(pool)
  if (command === 'credit-note') return await runCreditNote(pool)
  if (command === 'move-clock') return await runMoveClock(pool, installation)
  const { lines, allHold } = await verifyAudit({
    pool,
    orgSlug: positionals[1] ?? values.org ?? null,
    anchors: values.anchors === undefined ? null : { file: values.anchors, seed: needSeed(installation) },
  })
  for (const line of lines) print(line)
  return allHold
}

const run = async (): Promise<boolean> => {
  if (isAboutPrices) return runPrices()
  if (isAboutAccounts) return runAccountsCommand(process.argv.slice(2), findInstallation(), print)
  const [command] = positionals
  if (command === undefined || !COMMANDS.has(command)) {
    print(USAGE)
    return false
  }
  const installation = findInstallation()
  if (command === 'rotate-sealing-key') return runRotation(installation)
  if (command === 'import-organization') {
    await runImport(installation)
    return true
  }
  if (command === 'appoint-operator') {
    const email = needArgument('the e-mail address')
    const name = await appointOperator({ ownerUrl: needOwner(installation), email, isOperator: !values.revoke })
    print(values.revoke ? `${name} is no longer of the support staff.` : `${name} is of the support staff now.`)
    return true
  }
  const pool = createPool({ url: installation.databaseUrl, max: 2, applicationName: 'atpar-operator' })
  try {
    return await runOnPool(command, pool, installation)
  } finally {
    await pool.end()
  }
}

try {
  process.exitCode = (await run()) ? 0 : 1
} catch (error) {
  print(error instanceof Error ? error.message : String(error))
  process.exitCode = 1
}
