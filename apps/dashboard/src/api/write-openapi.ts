import { writeFileSync } from 'node:fs'
import { describeApi } from './openapi.ts'

/** `node src/api/write-openapi.ts`: the document the client is generated from. A test fails when it was not done. */
const FILE = new URL('../../../../packages/client/openapi.json', import.meta.url)
writeFileSync(FILE, `${JSON.stringify(describeApi(), null, 2)}\n`)
