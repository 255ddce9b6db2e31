'use client'

import { Search } from 'lucide-react'

interface FilterFormProps {
  readonly searchLabel: string
  readonly search: string
  readonly choice?: {
    readonly label: string
    readonly name: string
    readonly value: string
    readonly options: readonly { readonly value: string; readonly label: string }[]
  }
}

const CONTROL = 'h-9 rounded-lg border border-line-strong bg-surface text-sm text-ink placeholder:text-faint'

/** A list's filter whose state is the URL; Enter searches, a choice applies at once. */
export const FilterForm = ({ searchLabel, search, choice }: FilterFormProps) => (
  <form role="search" className="flex flex-wrap gap-2">
    <label className="relative min-w-52 flex-1 sm:max-w-72">
      <span className="sr-only">{searchLabel}</span>
      <Search className="pointer-events-none absolute top-2.5 left-3 size-4 text-faint" aria-hidden />
      <input
        type="search"
        name="q"
        defaultValue={search}
        placeholder={searchLabel}
        className={`${CONTROL} w-full pr-3 pl-9`}
      />
    </label>
    {choice !== undefined && (
      <select
        name={choice.name}
        aria-label={choice.label}
        defaultValue={choice.value}
        onChange={(event) => event.currentTarget.form?.requestSubmit()}
        className={`${CONTROL} max-w-48 px-2.5`}
      >
        {choice.options.map((option) => (
          <option key={option.value} value={option.value}>
            {option.label}
          </option>
        ))}
      </select>
    )}
  </form>
)
