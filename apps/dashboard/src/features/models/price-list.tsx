'use client'

import { Search, SearchX } from 'lucide-react'
import Link from 'next/link'
import { useDeferredValue, useId, useState } from 'react'
import { formatCompact, formatCount } from '../../format/number.ts'
import { Badge } from '../../ui/badge.tsx'
import { CopyButton } from '../../ui/copy-button.tsx'
import { EmptyState } from '../../ui/empty-state.tsx'
import { Cell, HeaderCell, Row, Table } from '../../ui/table.tsx'
import { EndNote } from '../../catalogue/end-note.tsx'
import { filterRows, type PriceRow } from '../../catalogue/price-rows.ts'

interface PriceListProps {
  readonly rows: readonly PriceRow[]
  readonly initialSearch: string
  readonly initialProvider: string
}

const Price = ({ value }: { readonly value: string | null }) =>
  value === null ? <span className="text-faint">–</span> : <span className="font-mono text-[13px]">{value}</span>

const rememberInUrl = (search: string, provider: string) => {
  const query = new URLSearchParams(Object.entries({ q: search, provider }).filter(([, value]) => value !== ''))
  window.history.replaceState(null, '', query.size === 0 ? window.location.pathname : `?${query.toString()}`)
}

const ModelCell = ({ row }: { readonly row: PriceRow }) => (
  <Cell className="max-sm:w-full max-sm:max-w-0 max-sm:whitespace-normal">
    <span className="flex items-center gap-2 max-sm:flex-wrap">
      <Link
        href={`/models/${encodeURIComponent(row.modelId)}`}
        prefetch={false}
        className="inline-block py-0.5 font-medium underline decoration-line-strong underline-offset-4 hover:decoration-ink max-sm:whitespace-normal"
      >
        {row.modelName}
      </Link>
      {row.isReasoning && <Badge>Reasoning</Badge>}
    </span>
    <EndNote end={row.end} />
    <span className="block text-xs text-muted sm:hidden">{row.providerName}</span>
    <span className="flex items-center text-muted max-sm:hidden">
      <code className="font-mono text-xs">{row.modelId}</code>
      <CopyButton text={row.modelId} label={`Copy ${row.modelId}`} className="!p-1.5 [&_svg]:!size-3.5" />
    </span>
  </Cell>
)

const ProviderCell = ({ row }: { readonly row: PriceRow }) => (
  <Cell className="max-sm:hidden">
    {row.sourceUrl === null ? (
      row.providerName
    ) : (
      <a
        href={row.sourceUrl}
        rel="noreferrer"
        className="underline decoration-line-strong underline-offset-4 hover:decoration-ink"
        title="The provider's published price"
      >
        {row.providerName}
      </a>
    )}
  </Cell>
)

const OfferingRow = ({ row }: { readonly row: PriceRow }) => (
  <Row>
    <ModelCell row={row} />
    <ProviderCell row={row} />
    <Cell numeric>
      <Price value={row.input} />
      {row.hasConditions && (
        <span
          className="block text-xs text-muted"
          title="Other prices apply to long contexts, service tiers or hours of the day. Requests are rated with the one that applies."
        >
          varies
        </span>
      )}
    </Cell>
    <Cell numeric>
      <Price value={row.output} />
    </Cell>
    <Cell numeric className="max-sm:hidden">
      <Price value={row.cacheRead} />
    </Cell>
    <Cell numeric className="max-sm:hidden">
      <Price value={row.cacheWrite} />
    </Cell>
    <Cell numeric className="text-muted max-sm:hidden">
      {row.contextTokens === null ? '–' : formatCompact(row.contextTokens)}
    </Cell>
  </Row>
)

const PriceTable = ({ rows }: { readonly rows: readonly PriceRow[] }) => (
  <Table label="Prices">
    <thead>
      <tr>
        <HeaderCell>Model</HeaderCell>
        <HeaderCell className="max-sm:hidden">Provider</HeaderCell>
        <HeaderCell numeric>Input</HeaderCell>
        <HeaderCell numeric>Output</HeaderCell>
        <HeaderCell numeric className="max-sm:hidden">
          Cache read
        </HeaderCell>
        <HeaderCell numeric className="max-sm:hidden">
          Cache write
        </HeaderCell>
        <HeaderCell numeric className="max-sm:hidden">
          Context
        </HeaderCell>
      </tr>
    </thead>
    <tbody>
      {rows.map((row) => (
        <OfferingRow key={row.offeringId} row={row} />
      ))}
    </tbody>
  </Table>
)

export const PriceList = ({ rows, initialSearch, initialProvider }: PriceListProps) => {
  const [search, setSearch] = useState(initialSearch)
  const [provider, setProvider] = useState(initialProvider)
  const searchId = useId()
  const providers = [...new Map(rows.map((row) => [row.provider, row.providerName])).entries()].toSorted((a, b) =>
    a[1].localeCompare(b[1]),
  )
  const shown = filterRows(rows, useDeferredValue(search), provider)
  const change = (next: { readonly search?: string; readonly provider?: string }) => {
    const values = { search, provider, ...next }
    setSearch(values.search)
    setProvider(values.provider)
    rememberInUrl(values.search, values.provider)
  }
  return (
    <div>
      <div className="mb-3 flex flex-wrap items-center gap-2.5">
        <div className="relative min-w-52 flex-1">
          <label htmlFor={searchId} className="sr-only">
            Search models
          </label>
          <Search className="pointer-events-none absolute top-3 left-3 size-4 text-faint" aria-hidden />
          <input
            id={searchId}
            type="search"
            value={search}
            onChange={(event) => change({ search: event.target.value })}
            placeholder="Search models"
            className="h-10 w-full rounded-lg border border-line-strong bg-surface pr-3 pl-9 text-sm placeholder:text-faint"
          />
        </div>
        <select
          aria-label="Provider"
          value={provider}
          onChange={(event) => change({ provider: event.target.value })}
          className="h-10 rounded-lg border border-line-strong bg-surface px-3 text-sm"
        >
          <option value="">All providers</option>
          {providers.map(([id, name]) => (
            <option key={id} value={id}>
              {name}
            </option>
          ))}
        </select>
        <p className="w-full text-[13px] text-muted sm:w-auto" role="status">
          {formatCount(shown.length)} of {formatCount(rows.length)} prices
        </p>
      </div>
      <div className="rounded-xl border bg-surface">
        {shown.length === 0 ? (
          <EmptyState icon={<SearchX />} title="No model matches">
            Try part of a name, like &ldquo;gpt&rdquo; or &ldquo;sonnet&rdquo;, or another provider.
          </EmptyState>
        ) : (
          <PriceTable rows={shown} />
        )}
      </div>
    </div>
  )
}
