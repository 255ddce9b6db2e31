import { titled } from '../../../../auth/titled.ts'

export const generateMetadata = titled('Invoices')

export { InvoicesPage as default } from '../../../../features/invoices/list-page.tsx'
