export const metadata = { title: 'Invoices' }

export { InvoicesPage as default } from '../../../../features/invoices/list-page.tsx'
