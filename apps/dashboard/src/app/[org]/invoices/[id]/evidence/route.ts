export { downloadEvidence as GET } from '../../../../../features/invoices/downloads.ts'
