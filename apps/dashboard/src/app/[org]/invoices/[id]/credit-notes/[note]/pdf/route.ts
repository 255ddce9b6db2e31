export { downloadCreditNotePdf as GET } from '../../../../../../../features/invoices/downloads.ts'
