import type { KeySummary } from '@atpar/db/api-keys'
import { Badge } from '../../ui/badge.tsx'

const MOST = 3

interface Chip {
  readonly id: string
  readonly text: string
  readonly title: string
}

const listed = (kind: string, names: readonly string[]): readonly Chip[] => {
  if (names.length === 0) return []
  if (names.length <= MOST)
    return names.map((name) => ({ id: `${kind} ${name}`, text: name, title: `${kind}: ${name}` }))
  return [{ id: kind, text: `${names.length} ${kind}s`, title: names.join(', ') }]
}

/** What narrows a key, as chips; nothing for one that may do everything from anywhere. */
export const ScopeChips = ({
  apiKey,
}: {
  readonly apiKey: Pick<KeySummary, 'allowedModels' | 'allowedEndpoints' | 'allowedRoutes' | 'allowedCidrs' | 'labels'>
}) => {
  const chips = [
    ...listed('model', apiKey.allowedModels),
    ...listed('endpoint', apiKey.allowedEndpoints),
    ...listed('route', apiKey.allowedRoutes),
    ...listed('network', apiKey.allowedCidrs),
  ]
  if (chips.length === 0 && apiKey.labels.length === 0) return null
  return (
    <span className="mt-1 flex max-w-80 flex-wrap gap-1">
      {chips.map((chip) => (
        <Badge key={chip.id} title={chip.title}>
          {chip.text}
        </Badge>
      ))}
      {apiKey.labels.map((label) => (
        <Badge key={`label ${label}`} tone="info" title="Label: a tag on every request of this key">
          {label}
        </Badge>
      ))}
    </span>
  )
}
