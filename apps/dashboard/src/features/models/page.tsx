import { readDeps } from '../../deps.ts'
import { listCatalogue } from '@atpar/db/catalogue'
import { PageHeader } from '../../ui/page-header.tsx'
import { PriceList } from './price-list.tsx'
import { toPriceRows } from '../../catalogue/price-rows.ts'

type Query = Promise<{ q?: string | string[]; provider?: string | string[] }>

const first = (value: string | string[] | undefined) => (Array.isArray(value) ? value[0] : value) ?? ''

export const ModelsPage = async ({ searchParams }: { readonly searchParams: Query }) => {
  const [models, query] = await Promise.all([listCatalogue(readDeps().db), searchParams])
  return (
    <div className="mx-auto w-full max-w-6xl px-5 py-10">
      <PageHeader
        title="Prices"
        detail="Dollars for a million tokens, as each provider publishes them. This is what you pay: markup $0.00."
        action={
          <a href="/prices.json" className="text-sm underline underline-offset-4">
            All prices with their history, as JSON
          </a>
        }
      />
      <PriceList
        rows={toPriceRows(models, Date.now())}
        initialSearch={first(query.q)}
        initialProvider={first(query.provider)}
      />
    </div>
  )
}
