import { readFileSync, writeFileSync } from 'node:fs'
import { writeOperations, type ApiDocument } from './write-operations.ts'

const api = JSON.parse(readFileSync(new URL('../openapi.json', import.meta.url), 'utf8')) as ApiDocument
writeFileSync(new URL('../src/operations.ts', import.meta.url), writeOperations(api))
