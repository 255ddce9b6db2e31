/** A form's values as Stripe reads them: `a[b]=1` is an object, `a[0]=1` and `a[]=1` are lists, the rest is text. */
export type FormValue = string | FormValue[] | { [name: string]: FormValue }

interface Node {
  [name: string]: Node | string
}

/** Decodes `application/x-www-form-urlencoded` with nested names. */
export function decodeForm(text: string): Record<string, FormValue> {
  const root = newNode()
  for (const [name, value] of new URLSearchParams(text)) put(root, pathOf(name), value)
  return Object.fromEntries(Object.entries(root).map(([name, node]) => [name, finish(node)]))
}

function newNode(): Node {
  // No prototype: a parameter called __proto__ is one more unknown parameter.
  return Object.create(null) as Node
}

function pathOf(name: string): string[] {
  const [head = '', ...rest] = name.split('[')
  return [head, ...rest.map((part) => part.replace(/\]$/, ''))]
}

function put(root: Node, path: string[], value: string): void {
  let node = root
  for (const [position, part] of path.entries()) {
    const key = part === '' ? String(Object.keys(node).length) : part
    if (position === path.length - 1) {
      node[key] = value
      return
    }
    const next = node[key]
    if (typeof next === 'object') node = next
    else {
      const fresh = newNode()
      node[key] = fresh
      node = fresh
    }
  }
}

function finish(node: Node | string): FormValue {
  if (typeof node === 'string') return node
  const entries = Object.entries(node)
  if (entries.length > 0 && entries.every(([key]) => /^\d+$/.test(key))) {
    return entries.toSorted(([a], [b]) => Number(a) - Number(b)).map(([, value]) => finish(value))
  }
  return Object.fromEntries(entries.map(([key, value]) => [key, finish(value)]))
}
