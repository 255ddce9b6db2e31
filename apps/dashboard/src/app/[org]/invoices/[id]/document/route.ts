export { downloadDocument as GET } from '../../../../../features/invoices/downloads.ts'
