export const metadata = { title: 'Reconciliation' }

export { ReconciliationPage as default } from '../../../features/operator-accounts/reconciliation-page.tsx'
