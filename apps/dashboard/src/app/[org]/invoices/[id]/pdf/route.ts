export { downloadPdf as GET } from '../../../../../features/invoices/downloads.ts'
