export {
  InvoicePage as default,
  invoiceMetadata as generateMetadata,
} from '../../../../features/invoices/detail-page.tsx'
