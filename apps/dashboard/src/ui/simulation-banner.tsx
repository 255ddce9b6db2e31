import { FlaskConical } from 'lucide-react'
import { readEnv } from '../env.ts'

export const SimulationBanner = () => {
  const { isSimulated, simulatorsUrl } = readEnv()
  if (!isSimulated) return null
  return (
    <aside
      aria-label="Simulation"
      // One line where there is a side bar, which leaves room for it (`--banner-height`).
      data-banner
      className="border-b border-warning/20 bg-warning-soft px-5 py-1.5 text-center text-[13px] text-warning lg:h-8 lg:truncate lg:py-0 lg:leading-[31px]"
    >
      <FlaskConical className="mr-1.5 inline size-3.5 -translate-y-px" aria-hidden />
      Simulated providers: no request leaves this machine
      <span className="max-sm:hidden">, but to endpoints of your own,</span> and nothing is charged.
      {simulatorsUrl !== null && (
        <span className="whitespace-nowrap">
          {' '}
          <a className="underline underline-offset-2" href={`${simulatorsUrl}/mail`}>
            Mail
          </a>
          {' · '}
          <a className="underline underline-offset-2" href={`${simulatorsUrl}/sim/books`}>
            Provider books
          </a>
        </span>
      )}
    </aside>
  )
}
