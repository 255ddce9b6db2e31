import { describe, expect, it } from 'vitest'
import { countResults, stageOf } from './vitest-stage.mjs'

describe('stageOf', () => {
  it.each([
    ['packages/core/src/money.test.ts', 'unit'],
    ['apps/dashboard/src/ui/table.test.tsx', 'unit'],
    ['infra/local/env-file.test.mjs', 'unit'],
    ['packages/db/src/tenant.int.test.ts', 'integration'],
    ['apps/dashboard/e2e/sign-up.test.ts', 'browser'],
    ['apps/dashboard/e2e/usage.int.test.ts', 'browser'],
    ['infra/system/faults.int.test.ts', 'system'],
    ['infra/local/start.command.test.mjs', 'command'],
    ['packages/core/src/money.ts', undefined],
  ])('%s is %s', (file, stage) => {
    expect(stageOf(file)).toBe(stage)
  })
})

describe('countResults', () => {
  it('counts a file that cannot be loaded as a failure', () => {
    const report = { numPassedTests: 3, numFailedTests: 0, numPendingTests: 1, numTodoTests: 1 }
    expect(countResults(report)).toEqual({ passed: 3, failed: 0, skipped: 2 })
    const broken = { ...report, testResults: [{ status: 'failed', assertionResults: [] }] }
    expect(countResults(broken)).toEqual({ passed: 3, failed: 1, skipped: 2 })
  })
})
