const MAX_DISTANCE = 3
const MAX_SUGGESTIONS = 3
/** A longer name is no slip of the fingers, and the table below is quadratic in it. */
const MAX_NAME_LENGTH = 80

/** Known names within three edits of a wrong one, nearest first, at most three. Only on the way to an error: it looks at every name. */
export const suggestNames = (wrong: string, known: Iterable<string>): readonly string[] => {
  if (wrong.length > MAX_NAME_LENGTH) return []
  const target = wrong.toLowerCase()
  const near: { readonly name: string; readonly distance: number }[] = []
  for (const name of known) {
    const distance = editDistance(target, name.toLowerCase())
    if (distance <= MAX_DISTANCE && distance < name.length / 2) near.push({ name, distance })
  }
  return near
    .toSorted((a, b) => a.distance - b.distance || a.name.length - b.name.length || (a.name < b.name ? -1 : 1))
    .slice(0, MAX_SUGGESTIONS)
    .map(({ name }) => name)
}

/** Levenshtein distance; anything above the limit is reported as limit + 1, as soon as that is certain. */
const editDistance = (a: string, b: string): number => {
  if (Math.abs(a.length - b.length) > MAX_DISTANCE) return MAX_DISTANCE + 1
  let previous = Array.from({ length: b.length + 1 }, (_, index) => index)
  for (let row = 1; row <= a.length; row += 1) {
    const current = [row]
    let best = row
    for (let column = 1; column <= b.length; column += 1) {
      const substitution = (previous[column - 1] ?? 0) + (a[row - 1] === b[column - 1] ? 0 : 1)
      const distance = Math.min((previous[column] ?? 0) + 1, (current[column - 1] ?? 0) + 1, substitution)
      current.push(distance)
      if (distance < best) best = distance
    }
    if (best > MAX_DISTANCE) return MAX_DISTANCE + 1
    previous = current
  }
  return previous[b.length] ?? 0
}
