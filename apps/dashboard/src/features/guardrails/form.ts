import { readList, readText } from '../../form-fields.ts'

/** What was typed, as the act wants it. Whether it makes sense it says itself. */

const readNumber = (form: FormData, name: string): number | null => {
  const typed = readText(form, name).replaceAll(/[,_\s]/g, '')
  return typed === '' ? null : Number(typed)
}

/** One a line: a term may hold spaces and commas. */
const readLines = (form: FormData, name: string): readonly string[] =>
  readText(form, name)
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '')

/** `organization 0190…` */
export const readLevel = (form: FormData) => {
  const [scope = '', scopeId = ''] = readText(form, 'level').split(' ')
  return { scope, scopeId }
}

export const readPolicy = (form: FormData) => ({
  personalData: readText(form, 'personalData'),
  secrets: readText(form, 'secrets'),
  injection: readText(form, 'injection'),
  blockedTerms: readLines(form, 'blockedTerms'),
  blockedTermsAction: readText(form, 'blockedTermsAction'),
  answers: form.get('answers') === 'on',
  allowedModels: readList(form, 'allowedModels'),
  refusedParameters: readList(form, 'refusedParameters'),
  maxOutputTokens: readNumber(form, 'maxOutputTokens'),
  cacheSeconds: readNumber(form, 'cacheSeconds'),
})
