import { readdirSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { isReservedSlug } from '@atpar/db/organizations'

const app = fileURLToPath(new URL('app', import.meta.url))

/** First parts of paths that pages take: folders, through groups in parentheses, without the placeholder for an organization. */
const firstParts = (folder: string): readonly string[] =>
  readdirSync(folder, { withFileTypes: true })
    .filter((entry) => entry.isDirectory() && !entry.name.startsWith('['))
    .flatMap((entry) => (entry.name.startsWith('(') ? firstParts(`${folder}/${entry.name}`) : [entry.name]))

test.each(firstParts(app))('no organization can be called %s', (name) => {
  expect(isReservedSlug(name)).toBe(true)
})
