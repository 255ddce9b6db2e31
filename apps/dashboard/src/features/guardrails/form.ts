/** What was typed, as the act wants it. Whether it makes sense it says itself. */

const text = (form: FormData, name: string): string => {
  const value = form.get(name)
  return typeof value === 'string' ? value.trim() : ''
}

const readNumber = (form: FormData, name: string): number | null => {
  const typed = text(form, name).replaceAll(/[,_\s]/g, '')
  return typed === '' ? null : Number(typed)
}

/** One a line: a term may hold spaces and commas. */
const readLines = (form: FormData, name: string): readonly string[] =>
  text(form, name)
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '')

const readNames = (form: FormData, name: string): readonly string[] =>
  text(form, name)
    .split(/[\s,]+/)
    .filter((part) => part !== '')

/** `organization 0190…` */
export const readLevel = (form: FormData) => {
  const [scope = '', scopeId = ''] = text(form, 'level').split(' ')
  return { scope, scopeId }
}

export const readPolicy = (form: FormData) => ({
  personalData: text(form, 'personalData'),
  secrets: text(form, 'secrets'),
  injection: text(form, 'injection'),
  blockedTerms: readLines(form, 'blockedTerms'),
  blockedTermsAction: text(form, 'blockedTermsAction'),
  answers: form.get('answers') === 'on',
  allowedModels: readNames(form, 'allowedModels'),
  refusedParameters: readNames(form, 'refusedParameters'),
  maxOutputTokens: readNumber(form, 'maxOutputTokens'),
  cacheSeconds: readNumber(form, 'cacheSeconds'),
})
