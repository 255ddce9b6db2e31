export { downloadBundle as GET } from '../../../../../features/invoices/downloads.ts'
