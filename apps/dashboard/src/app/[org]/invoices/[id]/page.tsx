export const metadata = { title: 'Invoice' }

export { InvoicePage as default } from '../../../../features/invoices/detail-page.tsx'
