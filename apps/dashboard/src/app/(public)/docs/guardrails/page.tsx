export const metadata = { title: 'Guardrails' }

export { GuardrailsDocsPage as default } from '../../../../features/docs/guardrails-page.tsx'
