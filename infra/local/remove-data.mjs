import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { removeEmbeddedDatabase } from './database.mjs'
import { DATA } from './paths.mjs'

/** Forgets everything this installation kept, but for downloaded tools and logs. */
export function removeData() {
  removeEmbeddedDatabase()
  for (const name of ['redis', 'journal', 'snapshot.json', 'secrets.json', 'demo.json', 'database.json', 'run.json']) {
    rmSync(join(DATA, name), { recursive: true, force: true })
  }
}
