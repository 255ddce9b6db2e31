import { startSimulators } from '@atpar/simulators/start'
import { expect, it } from 'vitest'
import { stripeClockAt } from './move-clock.ts'

it('takes a simulated Stripe along when the clock is moved, and never back', async () => {
  const simulators = await startSimulators()
  const now = () => simulators.stripe.world.now() * 1_000
  const move = stripeClockAt(simulators.url)
  const target = Date.now() + 14 * 24 * 3_600_000
  await move(target)
  expect(now()).toBeGreaterThanOrEqual(target - 1_000)
  await move(target - 3_600_000)
  expect(now()).toBeGreaterThanOrEqual(target - 1_000)
  await simulators.close()
  await expect(move(target)).rejects.toThrow()
})
