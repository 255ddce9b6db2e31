import { ShieldCheck } from 'lucide-react'
import { listNewestProofs } from '@atpar/db/operator-accounts'
import { withActor } from '@atpar/db/tenant'
import { readDeps } from '../../deps.ts'
import { formatPeriod } from '../../format/time.ts'
import { Badge } from '../../ui/badge.tsx'
import { Card } from '../../ui/card.tsx'
import { EmptyState } from '../../ui/empty-state.tsx'
import { Money } from '../../ui/money.tsx'
import { PageHeader } from '../../ui/page-header.tsx'
import { Cell, HeaderCell, Row, Table } from '../../ui/table.tsx'
import { Time } from '../../ui/time.tsx'
import { OperatorFrame } from '../../operator/operator-frame.tsx'
import { requireOperator } from '../../operator/require-operator.ts'
import { ADVICE, PROOF_NAMES, toMonths, type ProofMonth } from './proof-rows.ts'

const Differences = ({ month }: { readonly month: ProofMonth }) => (
  <li className="px-5 py-4">
    <p className="text-sm font-medium">
      {month.orgName} <span className="text-muted">· {formatPeriod(month.period)}</span>
    </p>
    <ul className="mt-2 space-y-2">
      {PROOF_NAMES.flatMap((name) => {
        const run = month.proofs[name]
        if (run === undefined || run.differencePusd === 0n) return []
        return [
          <li key={name} className="text-[13px]">
            <span className="font-medium text-danger">
              {name} is off by <Money pusd={run.differencePusd} />
            </span>{' '}
            <span className="text-muted">{ADVICE[name]}</span>
            <pre className="mt-1 overflow-x-auto rounded-md bg-subtle px-3 py-2 text-xs" tabIndex={0}>
              {JSON.stringify(run.detail, null, 1)}
            </pre>
          </li>,
        ]
      })}
    </ul>
  </li>
)

const Verdict = ({ month, name }: { readonly month: ProofMonth; readonly name: (typeof PROOF_NAMES)[number] }) => {
  const run = month.proofs[name]
  if (run === undefined) return <span className="text-faint">–</span>
  return run.differencePusd === 0n ? <>0</> : <span className="font-medium text-danger">off</span>
}

/** The newest run of each proof, what differs first and with what to do about it. */
export const OperatorProofsPage = async () => {
  const { userId } = await requireOperator()
  const months = toMonths(await withActor(readDeps().db, userId, (tx) => listNewestProofs(tx)))
  const off = months.filter((month) => month.isOff)
  return (
    <OperatorFrame>
      <PageHeader
        title="Proofs"
        detail="Every night and before each invoice. A difference stops that organization’s invoices only."
      />
      {off.length > 0 && (
        <Card flush title={`${off.length} ${off.length === 1 ? 'month differs' : 'months differ'}`}>
          <ul className="divide-y">
            {off.map((month) => (
              <Differences key={`${month.orgSlug} ${month.period}`} month={month} />
            ))}
          </ul>
        </Card>
      )}
      <Card flush title="Newest runs" detail="0 is no difference to the pico-dollar; – has nothing to prove yet.">
        {months.length === 0 ? (
          <EmptyState icon={<ShieldCheck />} title="Nothing proven yet">
            The first run comes tonight. npm run operate -- prove runs them now.
          </EmptyState>
        ) : (
          <Table label="Newest runs of the proofs">
            <thead>
              <tr>
                <HeaderCell>Organization</HeaderCell>
                <HeaderCell>Month</HeaderCell>
                {PROOF_NAMES.map((name) => (
                  <HeaderCell key={name} numeric>
                    {name}
                  </HeaderCell>
                ))}
                <HeaderCell className="max-sm:hidden">Run</HeaderCell>
                <HeaderCell>State</HeaderCell>
              </tr>
            </thead>
            <tbody>
              {months.map((month) => (
                <Row key={`${month.orgSlug} ${month.period}`}>
                  <Cell className="font-medium">{month.orgName}</Cell>
                  <Cell>{month.period.slice(0, 7)}</Cell>
                  {PROOF_NAMES.map((name) => (
                    <Cell key={name} numeric>
                      <Verdict month={month} name={name} />
                    </Cell>
                  ))}
                  <Cell className="text-muted max-sm:hidden">
                    <Time atMs={month.ranAtMs} />
                  </Cell>
                  <Cell>
                    <Badge tone={month.isOff ? 'bad' : 'good'}>{month.isOff ? 'Differs' : 'Holds'}</Badge>
                  </Cell>
                </Row>
              ))}
            </tbody>
          </Table>
        )}
      </Card>
    </OperatorFrame>
  )
}
