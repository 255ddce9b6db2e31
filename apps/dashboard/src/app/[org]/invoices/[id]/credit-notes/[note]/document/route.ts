export { downloadCreditNoteDocument as GET } from '../../../../../../../features/invoices/downloads.ts'
