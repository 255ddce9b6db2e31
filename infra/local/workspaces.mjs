import { existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { inRoot } from './paths.mjs'

/** Folders of all workspaces, as pnpm-workspace.yaml names them, relative to the root. */
export function listWorkspaces() {
  const nested = ['apps', 'packages'].flatMap((parent) => readdirSync(inRoot(parent)).map((name) => join(parent, name)))
  return [...nested, 'prisma', 'infra'].filter((folder) => existsSync(inRoot(folder, 'package.json')))
}
