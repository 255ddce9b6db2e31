export const metadata = { title: 'Accounts' }

export { AccountsPage as default } from '../../../features/operator-accounts/accounts-page.tsx'
